import type { UnsavedWorkKind } from "../inspection/finding.ts";

/** What a look for unsaved work showed, and when it began. */
export interface UnsavedWorkLook {
  readonly kinds: readonly UnsavedWorkKind[];
  readonly seenAt: Date | undefined;
}

/** What the look says now: that there was no work says nothing of a slot that changed after it. */
export function judgeUnsavedWork(
  { kinds, seenAt }: UnsavedWorkLook,
  changedAt: Date | undefined,
): readonly UnsavedWorkKind[] {
  if (kinds.length > 0) return kinds;
  const isStale = seenAt === undefined || (changedAt !== undefined && changedAt > seenAt);
  return isStale ? ["unknown"] : [];
}
