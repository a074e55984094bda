import { secondsBetween } from "../../platform/clock.ts";

/** A slot that a reclaim may take. */
export interface ReclaimCandidate {
  readonly slotId: string;
  readonly bytes: number;
  /** Undefined if unknown: such a slot is never reclaimed. */
  readonly lastActiveAt: Date | undefined;
  /** A guard keeps it; its size counts all the same. */
  readonly isKept: boolean;
}

/** What makes a reclaim necessary: an age, or a person who named the slot, whatever its age. */
export function reclaimReason({
  olderSeconds,
}: {
  readonly olderSeconds: number | undefined;
}): "idle_too_long" | "requested" {
  return olderSeconds === undefined ? "requested" : "idle_too_long";
}

export interface ReclaimLimits {
  readonly maxAgeSeconds: number | undefined;
  readonly maxBytes: number | undefined;
}

/** Selects the slots beyond the age limit, then the least recently active until the rest fits. Pure. */
export function selectReclaimable<Candidate extends ReclaimCandidate>(
  slots: readonly Candidate[],
  { maxAgeSeconds = Infinity, maxBytes = Infinity }: ReclaimLimits,
  now: Date,
): Candidate[] {
  const known = slots.filter(({ lastActiveAt }) => lastActiveAt !== undefined);
  const idleSeconds = ({ lastActiveAt }: Candidate): number => secondsBetween(lastActiveAt ?? now, now);
  let bytes = slots.reduce((sum, slot) => sum + slot.bytes, 0);
  return known
    .toSorted((one, other) => idleSeconds(other) - idleSeconds(one))
    .filter((slot) => {
      const isWanted = idleSeconds(slot) >= maxAgeSeconds || bytes > maxBytes;
      if (isWanted && !slot.isKept) bytes -= slot.bytes;
      return isWanted;
    });
}
