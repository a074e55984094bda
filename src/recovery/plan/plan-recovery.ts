import type { Anomalies, CorruptedSlot, LongAllocatedSlot, OrphanedLock } from "../../anomalies/anomaly.ts";
import type { CorruptionReason } from "../../anomalies/corruption-reason.ts";
import type { LayoutKind } from "../../pool/pool.ts";
import type { RecoveryAction } from "../recovery-action.ts";
import type { RecoveryOptions } from "./recovery-options.ts";

/** What a run would do, in order: a plain value that a dry run prints. */
export interface RecoveryPlan {
  readonly releases: readonly LongAllocatedSlot[];
  readonly repairs: readonly CorruptedSlot[];
  readonly lockMoves: readonly OrphanedLock[];
}

/** Which anomalies a run acts on. Isolated slots are left to people. */
export function planRecovery(
  anomalies: Anomalies,
  isolatedSlotIds: ReadonlySet<string>,
  options: RecoveryOptions,
): RecoveryPlan {
  const isOpen = (slot: { slotId: string }): boolean => !isolatedSlotIds.has(slot.slotId);
  return {
    releases: options.forceReleaseLongAllocated ? anomalies.longAllocatedSlots.filter(isOpen) : [],
    repairs: options.recoverCorrupted ? anomalies.corruptedSlots.filter(isOpen) : [],
    lockMoves: options.cleanupOrphanedLocks ? anomalies.orphanedLocks : [],
  };
}

const metadataReasons: readonly CorruptionReason[] = [
  "slot_json_missing",
  "slot_json_invalid",
  "slot_json_mismatch",
  "slot_path_invalid",
  "state_error",
];
const linkReasons: readonly CorruptionReason[] = [
  "git_invalid",
  "worktree_link_missing",
  "worktree_link_invalid",
  "worktree_admin_missing",
  "worktree_backlink_invalid",
  "worktree_commondir_invalid",
  "slot_shared",
  "head_missing",
  "head_invalid",
  "head_branch_missing",
  "config_missing",
  "config_invalid",
  "config_unsafe",
  "remote_changed",
];
const indexReasons: readonly CorruptionReason[] = ["index_corrupt", "index_missing"];
const refReasons: readonly CorruptionReason[] = [
  "ref_invalid",
  "ref_target_missing",
  "ref_missing",
  "head_branch_missing",
  "packed_refs_invalid",
  "git_refs_missing",
];
/** A branch that is merely gone says nothing about the repository. */
const brokenRefReasons: readonly CorruptionReason[] = refReasons.filter(
  (reason) => reason !== "head_branch_missing",
);
const objectReasons: readonly CorruptionReason[] = [
  "git_objects_missing",
  "object_corrupt",
  "object_missing",
  "pack_missing",
  "pack_corrupt",
  "pack_index_missing",
  "pack_index_corrupt",
  "alternates_broken",
  "shallow_invalid",
  "commit_graph_corrupt",
  "multi_pack_index_corrupt",
];

/** True where, in a worktree pool, the repository that all slots share is broken. */
export function isSharedBroken(reasons: readonly CorruptionReason[]): boolean {
  return reasons.some(
    (reason) =>
      reason === "main_repo_broken" || brokenRefReasons.includes(reason) || objectReasons.includes(reason),
  );
}

/**
 * The steps that can help against these reasons, in the order in which they are tried. Pure, and asked again after every
 * step: what a repair uncovers is then among the reasons. An index is made from HEAD, so where HEAD, a ref or an object
 * is broken too, it comes after them; a new clone is the answer to a broken repository alone, which in a worktree pool
 * is the shared one, or the slot's own part of it.
 */
export function planLadder(reasons: readonly CorruptionReason[], layout: LayoutKind): RecoveryAction[] {
  const has = (...groups: (readonly CorruptionReason[])[]): boolean =>
    reasons.some((reason) => groups.some((group) => group.includes(reason)));
  const isSlotGone = reasons.includes("slot_missing");
  const isIndexBroken = has(indexReasons);
  const isIndexAlone = isIndexBroken && !has(linkReasons, refReasons, objectReasons);
  const isRepositoryBroken = reasons.some(
    (reason) => !metadataReasons.includes(reason) && reason !== "git_lock_stale",
  );
  const steps: [RecoveryAction, boolean][] = [
    ["move_git_lock", reasons.includes("git_lock_stale") || reasons.includes("main_repo_broken")],
    // A new clone brings the metadata of a slot that is gone.
    ["restore_metadata", has(metadataReasons) && !(isSlotGone && layout === "clone")],
    [
      "restore_links",
      has(linkReasons) ||
        reasons.includes("main_repo_broken") ||
        (layout === "worktree" && (isSlotGone || reasons.includes("slot_path_invalid"))),
    ],
    ["rebuild_index", isIndexAlone],
    ["restore_refs", has(refReasons) || reasons.includes("main_repo_broken")],
    ["refetch_objects", has(objectReasons, refReasons, indexReasons) || reasons.includes("main_repo_broken")],
    ["rebuild_index", isIndexBroken && !isIndexAlone],
    ["reclone", isRepositoryBroken],
  ];
  return steps.filter(([, isUseful]) => isUseful).map(([action]) => action);
}
