import type { Snapshot } from "../anomalies/snapshot.ts";
import type { Labels } from "./notification.ts";
import type { PolicyScope } from "./policy.ts";

export type RecoveryTarget =
  | { readonly kind: "slot"; readonly slotId: string; readonly pool: string }
  | { readonly kind: "pool"; readonly pool: string }
  | { readonly kind: "all" };

export type TargetSelection = RecoveryTarget | { readonly kind: "not_ours" } | { readonly kind: "no_policy" };

/** Labels are only compared with names of our own inventory; the target's names come from there. */
export function selectTarget(
  labels: Labels,
  snapshot: Snapshot,
  rules: { scope: PolicyScope; instance: string | undefined },
): TargetSelection {
  if (rules.instance !== undefined && (labels.get("instance") ?? rules.instance) !== rules.instance) {
    return { kind: "not_ours" };
  }
  const slotId = labels.get("slot") ?? "";
  const pool = labels.get("pool") ?? "";
  if (slotId !== "") return selectSlot(slotId, pool, snapshot);
  if (pool !== "") {
    const ours = snapshot.pools.find((candidate) => candidate.repoName === pool);
    return ours === undefined ? { kind: "not_ours" } : { kind: "pool", pool: ours.repoName };
  }
  return rules.scope === "all" ? { kind: "all" } : { kind: "no_policy" };
}

/** An alert that names slot and pool must mean both. */
function selectSlot(slotId: string, pool: string, snapshot: Snapshot): TargetSelection {
  const candidates = [
    ...snapshot.pools.flatMap((candidate) => candidate.slots),
    ...snapshot.anomalies.orphanedLocks,
  ];
  const ours = candidates.find((candidate) => candidate.slotId === slotId);
  if (ours === undefined || (pool !== "" && ours.repoName !== pool)) return { kind: "not_ours" };
  return { kind: "slot", slotId: ours.slotId, pool: ours.repoName };
}

/** The key under which one target has at most one waiting request. */
export function targetKey(target: RecoveryTarget): string {
  if (target.kind === "slot") return `slot:${target.slotId}`;
  return target.kind === "pool" ? `pool:${target.pool}` : "all";
}
