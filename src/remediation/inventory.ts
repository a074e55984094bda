import type { CorruptionReason } from "../anomalies/corruption-reason.ts";
import type { PoolSnapshot, Snapshot } from "../anomalies/snapshot.ts";

/** The pools and slots that alerts can name on this host, with their anomalies by the last collection. */
export interface Inventory {
  readonly pools: ReadonlySet<string>;
  /** Pools of sources: an alert can recover single slots of them, if the source allows it. */
  readonly sourcePools: ReadonlyMap<string, PoolSnapshot>;
  /** Slots and lock candidates: slot_id to the pool's name. */
  readonly slots: ReadonlyMap<string, string>;
  /** Slot_ids with an anomaly. */
  readonly faulty: ReadonlySet<string>;
  /** By slot_id. */
  readonly reasons: ReadonlyMap<string, readonly CorruptionReason[]>;
}

const known = new WeakMap<Snapshot, Inventory>();

/** Made once for each snapshot, because a notification can have thousands of alerts. */
export function inventoryOf(snapshot: Snapshot): Inventory {
  const inventory = known.get(snapshot) ?? createInventory(snapshot);
  known.set(snapshot, inventory);
  return inventory;
}

function createInventory({ pools: all, anomalies }: Snapshot): Inventory {
  const pools = all.filter(({ source }) => source === undefined);
  const ofSources = all.filter(({ source }) => source !== undefined);
  const { corruptedSlots, longAllocatedSlots, orphanedLocks } = anomalies;
  const slots = new Map(orphanedLocks.map(({ slotId, repoName }) => [slotId, repoName]));
  for (const slot of all.flatMap((pool) => pool.slots)) slots.set(slot.slotId, slot.repoName);
  const faulty = [...corruptedSlots, ...longAllocatedSlots, ...orphanedLocks].map(({ slotId }) => slotId);
  return {
    ...{ slots, faulty: new Set(faulty) },
    pools: new Set(pools.map(({ repoName }) => repoName)),
    sourcePools: new Map(ofSources.map((pool) => [pool.repoName, pool])),
    reasons: new Map(corruptedSlots.map(({ slotId, reasons }) => [slotId, reasons])),
  };
}
