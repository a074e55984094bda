import type { PoolSnapshot, SlotSnapshot, Snapshot } from "../anomalies/snapshot.ts";

/** What one slot had counted when it was last seen. */
interface SeenSlot {
  readonly allocationCount: number;
  readonly usageSeconds: number;
  /** It was missing from a pool that could be read: if its number comes back, it counts from 0. */
  readonly isRemoved: boolean;
}

/** Sums over all slots that a pool has or had; neither ever goes down. */
export interface PoolTotals {
  readonly allocationCount: number;
  readonly usageSeconds: number;
  readonly slots: ReadonlyMap<string, SeenSlot>;
}

/** By pool, those of pools that ended included. */
export type SlotTotals = ReadonlyMap<string, PoolTotals>;

export const noSlotTotals: SlotTotals = new Map();

const noPoolTotals: PoolTotals = { allocationCount: 0, usageSeconds: 0, slots: new Map() };

/** The totals after one more snapshot. A slot.json that cannot be read changes nothing. */
export function updateSlotTotals(totals: SlotTotals, snapshot: Snapshot): SlotTotals {
  const updated = new Map(totals);
  for (const pool of snapshot.pools) {
    // Nobody counts the use of a slot without a record, and work trees come and go by the hundred.
    if (pool.source === undefined)
      updated.set(pool.repoName, updatePool(updated.get(pool.repoName) ?? noPoolTotals, pool));
  }
  return updated;
}

function updatePool(totals: PoolTotals, pool: PoolSnapshot): PoolTotals {
  const slots = pool.isUp ? markMissing(totals.slots, pool) : new Map(totals.slots);
  let { allocationCount, usageSeconds } = totals;
  for (const slot of pool.slots) {
    if (slot.state === undefined) continue;
    const before = selectBaseline(slots.get(slot.slotId), slot);
    const allocations = Math.max(before.allocationCount, slot.allocationCount);
    const usage = Math.max(before.usageSeconds, slot.totalUsageSeconds);
    allocationCount += allocations - before.allocationCount;
    usageSeconds += usage - before.usageSeconds;
    slots.set(slot.slotId, { allocationCount: allocations, usageSeconds: usage, isRemoved: false });
  }
  return { allocationCount, usageSeconds, slots };
}

/**
 * What of the slot's counts is already in the sums. Lower counts of a slot that was never gone are an older copy of
 * its metadata, put back: they count again only above what they had reached.
 */
function selectBaseline(seen: SeenSlot | undefined, slot: SlotSnapshot): SeenSlot {
  const isNew = seen === undefined || (seen.isRemoved && slot.allocationCount < seen.allocationCount);
  return isNew ? { allocationCount: 0, usageSeconds: 0, isRemoved: false } : seen;
}

function markMissing(seen: PoolTotals["slots"], pool: PoolSnapshot): Map<string, SeenSlot> {
  const present = new Set(pool.slots.map((slot) => slot.slotId));
  return new Map(
    [...seen].map(([slotId, slot]) => [slotId, present.has(slotId) ? slot : { ...slot, isRemoved: true }]),
  );
}
