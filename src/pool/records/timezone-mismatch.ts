import type { Slot } from "../pool.ts";

const quarterHourMilliseconds = 15 * 60 * 1000;
const largestOffsetQuarters = 26 * 4;
const toleranceMilliseconds = 2_000;
/** One slot alone may have been written by hand. */
const fewestSlots = 2;

/**
 * The writer of slot.json sets `updated_at` to its local time at that moment, which is also the file's time. The same
 * whole number of quarter hours between the two, in several slots, means that it writes in another zone than ours.
 * Undefined if nothing speaks for that.
 */
export function findTimezoneMismatch(slots: readonly Pick<Slot, "reading">[]): string | undefined {
  const counts = new Map<number, number>();
  for (const { reading } of slots) {
    if (reading.kind !== "valid" || reading.record.zonedTimes.includes("updated_at")) continue;
    const offset = reading.record.updatedAt.getTime() - reading.modifiedAt.getTime();
    const quarters = Math.round(offset / quarterHourMilliseconds);
    const isWhole = Math.abs(offset - quarters * quarterHourMilliseconds) <= toleranceMilliseconds;
    if (quarters === 0 || !isWhole || Math.abs(quarters) > largestOffsetQuarters) continue;
    counts.set(quarters, (counts.get(quarters) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  if (most === undefined || most[1] < fewestSlots) return undefined;
  const hours = (most[0] * 15) / 60;
  return `updated_at of ${most[1]} slots is ${hours > 0 ? "+" : ""}${hours} h from the time of the file: set timezone to the zone that the pool manager writes in`;
}
