import type { UnsavedWorkKind } from "../inspection/finding.ts";

/** The result of a search for unsaved work, and when it began. */
export interface UnsavedWorkLook {
  readonly kinds: readonly UnsavedWorkKind[];
  readonly seenAt: Date | undefined;
}

/** The unsaved work by the last search. If it found none and the slot changed since, it is unknown. */
export function judgeUnsavedWork(
  { kinds, seenAt }: UnsavedWorkLook,
  changedAt: Date | undefined,
): readonly UnsavedWorkKind[] {
  if (kinds.length > 0) return kinds;
  const isStale = seenAt === undefined || (changedAt !== undefined && changedAt > seenAt);
  return isStale ? ["unknown"] : [];
}
