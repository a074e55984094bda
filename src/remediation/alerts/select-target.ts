import type { Snapshot } from "../../anomalies/snapshot.ts";
import { refuseRepairOf } from "../../recovery/plan/permitted-actions.ts";
import type { PausableTarget } from "../../recovery/guards/pauses.ts";
import { inventoryOf, type Inventory } from "../inventory.ts";
import type { Labels } from "./notification.ts";
import type { PolicyScope } from "./policy.ts";

export type RecoveryTarget =
  | { readonly kind: "slot"; readonly slotId: string; readonly pool: string }
  | { readonly kind: "pool"; readonly pool: string }
  | { readonly kind: "all" }
  /** What is beyond the limits of its source. */
  | { readonly kind: "reclaim" };

export type TargetSelection =
  | RecoveryTarget
  | { readonly kind: "not_ours" }
  | { readonly kind: "no_policy" }
  | {
      readonly kind: "not_permitted";
      readonly slotId: string;
      readonly pool: string;
      readonly detail: string;
    };

/** Labels are only compared with names of our own inventory; an empty one is none, as in Prometheus. */
export function selectTarget(
  labels: Labels,
  snapshot: Snapshot,
  rules: { scope: PolicyScope; instance: string | undefined },
): TargetSelection {
  const instance = labels.get("instance") ?? "";
  if (rules.instance !== undefined && instance !== "" && instance !== rules.instance)
    return { kind: "not_ours" };
  const inventory = inventoryOf(snapshot);
  const slotId = labels.get("slot") ?? "";
  const pool = labels.get("pool") ?? "";
  if (slotId !== "") return selectSlot(slotId, pool, inventory);
  if (pool !== "") return inventory.pools.has(pool) ? { kind: "pool", pool } : { kind: "not_ours" };
  return rules.scope === "all" ? { kind: "all" } : { kind: "no_policy" };
}

/** An alert that names slot and pool must mean both. */
function selectSlot(slotId: string, pool: string, inventory: Inventory): TargetSelection {
  const ours = inventory.slots.get(slotId);
  if (ours === undefined || (pool !== "" && ours !== pool)) return { kind: "not_ours" };
  const detail = refuseBySource(slotId, ours, inventory);
  if (detail !== undefined) return { kind: "not_permitted", slotId, pool: ours, detail };
  return { kind: "slot", slotId, pool: ours };
}

/** Why the slot's source does not permit its repair, as `recover PATH` would say; undefined if it does. */
export function refuseBySource(slotId: string, pool: string, inventory: Inventory): string | undefined {
  const { source: name = "", allow = [] } = inventory.sourcePools.get(pool) ?? {};
  if (name === "") return undefined;
  return refuseRepairOf(inventory.reasons.get(slotId) ?? [], { name, allow });
}

/** The key under which one target has at most one recovery waiting or running. */
export function targetKey(target: RecoveryTarget): string {
  if (target.kind === "slot") return `slot:${target.slotId}`;
  return target.kind === "pool" ? `pool:${target.pool}` : target.kind;
}

/** What a pause has to cover to hold the target back. */
export function pausableTarget(target: RecoveryTarget): PausableTarget {
  return {
    slotId: target.kind === "slot" ? target.slotId : undefined,
    pool: "pool" in target ? target.pool : undefined,
  };
}
