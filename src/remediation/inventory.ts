import type { Snapshot } from "../anomalies/snapshot.ts";

/** What alerts can name on this host, and what was wrong with it at the last look. */
export interface Inventory {
  readonly pools: ReadonlySet<string>;
  /** Slots and lock candidates: slot_id to the pool's name. */
  readonly slots: ReadonlyMap<string, string>;
  /** Slot_ids with an anomaly. */
  readonly faulty: ReadonlySet<string>;
}

const known = new WeakMap<Snapshot, Inventory>();

/** Made once for each snapshot: thousands of alerts are looked up in one. */
export function inventoryOf(snapshot: Snapshot): Inventory {
  const inventory = known.get(snapshot) ?? createInventory(snapshot);
  known.set(snapshot, inventory);
  return inventory;
}

/** An alert recovers the slots of a pool manager alone. */
function createInventory({ pools: all, anomalies }: Snapshot): Inventory {
  const pools = all.filter(({ source }) => source === undefined);
  const { corruptedSlots, longAllocatedSlots, orphanedLocks } = anomalies;
  const slots = new Map(orphanedLocks.map(({ slotId, repoName }) => [slotId, repoName]));
  for (const slot of pools.flatMap((pool) => pool.slots)) slots.set(slot.slotId, slot.repoName);
  const faulty = [...corruptedSlots, ...longAllocatedSlots, ...orphanedLocks].map(({ slotId }) => slotId);
  return { pools: new Set(pools.map(({ repoName }) => repoName)), slots, faulty: new Set(faulty) };
}
