import type { Slot } from "../pool/pool.ts";
import { SlotState } from "../pool/records/slot-record.ts";
import { isReadable, type ReadableSlot } from "./lending-context.ts";

/** The available slots, the most recently used first, those that nobody ever used last. */
export function mostRecentlyUsedFirst(slots: readonly Slot[]): ReadableSlot[] {
  return slots
    .filter(isReadable)
    .filter((slot) => slot.reading.record.state === SlotState.AVAILABLE)
    .toSorted((a, b) => lastUse(b) - lastUse(a) || a.number - b.number);
}

function lastUse({ reading: { record } }: ReadableSlot): number {
  const times = [record.lastAllocatedAt, record.lastReleasedAt].map((time) => time?.getTime() ?? 0);
  return Math.max(...times);
}
