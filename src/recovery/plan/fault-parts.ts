import type { CorruptionReason } from "../../anomalies/corruption-reason.ts";
import type { LayoutKind } from "../../pool/pool.ts";

/** Why a slot is repaired: also for rights that keep its user out, which is no fault of the repository. */
export type RepairReason = CorruptionReason | "ownership";

/** What of a slot a reason concerns: the steps are chosen by it. */
export const faultParts = [
  "slot",
  "metadata",
  "links",
  "index",
  "refs",
  "objects",
  "repository",
  "git_lock",
  "rights",
] as const;
export type FaultPart = (typeof faultParts)[number];

/** A new reason does not compile before it says here what it concerns. */
const partsOfReason: Readonly<Record<RepairReason, readonly FaultPart[]>> = {
  slot_missing: ["slot"],
  slot_path_invalid: ["metadata"],
  slot_json_missing: ["metadata"],
  slot_json_invalid: ["metadata"],
  slot_json_mismatch: ["metadata"],
  state_error: ["metadata"],
  slot_shared: ["links"],
  git_missing: ["repository"],
  git_invalid: ["links"],
  git_objects_missing: ["objects"],
  git_refs_missing: ["refs"],
  // Seen from one slot, the main repository may lack any of these.
  main_repo_broken: ["git_lock", "links", "refs", "objects"],
  head_missing: ["links"],
  head_invalid: ["links"],
  head_branch_missing: ["links", "refs"],
  ref_invalid: ["refs"],
  ref_target_missing: ["refs"],
  ref_missing: ["refs"],
  packed_refs_invalid: ["refs"],
  object_corrupt: ["objects"],
  object_missing: ["objects"],
  pack_missing: ["objects"],
  pack_corrupt: ["objects"],
  pack_index_missing: ["objects"],
  pack_index_corrupt: ["objects"],
  alternates_broken: ["objects"],
  shallow_invalid: ["objects"],
  commit_graph_corrupt: ["objects"],
  multi_pack_index_corrupt: ["objects"],
  index_missing: ["index"],
  index_corrupt: ["index"],
  config_missing: ["links"],
  config_invalid: ["links"],
  config_unsafe: ["links"],
  remote_changed: ["links"],
  worktree_link_missing: ["links"],
  worktree_link_invalid: ["links"],
  worktree_admin_missing: ["links"],
  worktree_backlink_invalid: ["links"],
  worktree_commondir_invalid: ["links"],
  worktree_lock_stale: ["links"],
  submodule_corrupt: ["links", "repository"],
  git_lock_stale: ["git_lock"],
  ownership: ["rights"],
};

/** What is wrong with a slot, as far as the choice of a step asks. */
export interface Fault {
  readonly reasons: readonly RepairReason[];
  /** Those of the reasons that lie in the slot's own admin directory alone: a linked work tree has one. */
  readonly ownReasons?: readonly RepairReason[];
  readonly layout: LayoutKind;
  /** slot.json can be read and says a state other than `error`. */
  readonly isStateKnown: boolean;
}

/** True if a reason concerns one of the parts. */
export function concerns({ reasons }: Pick<Fault, "reasons">, ...parts: readonly FaultPart[]): boolean {
  return reasons.some((reason) => partsOfReason[reason].some((part) => parts.includes(part)));
}

/** True unless it is only the slot's metadata, or a lock that git left. What the user may not write counts as broken. */
export function isRepositoryBroken({ reasons }: Pick<Fault, "reasons">): boolean {
  return reasons.some((reason) =>
    partsOfReason[reason].some((part) => part !== "metadata" && part !== "git_lock"),
  );
}

/**
 * True if the main repository of a worktree pool is broken, which every slot of the pool works with. A new one would not
 * repair what lies in the admin directory of one slot: that comes along as it is.
 */
export function isMainRepositoryBroken({
  reasons,
  ownReasons = [],
  layout,
}: Omit<Fault, "isStateKnown">): boolean {
  if (layout !== "worktree") return false;
  return reasons.some(
    (reason) =>
      !ownReasons.includes(reason) &&
      // A branch that is merely gone says nothing about the repository.
      reason !== "head_branch_missing" &&
      partsOfReason[reason].some((part) => part === "refs" || part === "objects"),
  );
}
