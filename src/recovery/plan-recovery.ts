import type { Anomalies, CorruptedSlot, LongAllocatedSlot, OrphanedLock } from "../anomalies/anomaly.ts";
import type { CorruptionReason } from "../anomalies/corruption-reason.ts";
import type { LayoutKind } from "../pool/pool.ts";
import type { RecoveryAction } from "./recovery-action.ts";
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
  "worktree_link_missing",
  "worktree_link_invalid",
  "worktree_admin_missing",
  "worktree_backlink_invalid",
  "worktree_commondir_invalid",
  "head_missing",
  "head_invalid",
  "head_branch_missing",
];
const indexReasons: readonly CorruptionReason[] = ["index_corrupt", "index_missing"];
const refReasons: readonly CorruptionReason[] = ["ref_invalid", "ref_target_missing", "head_branch_missing"];

/** The rungs that can help against these reasons, least destructive first. */
export function planLadder(reasons: readonly CorruptionReason[], layout: LayoutKind): RecoveryAction[] {
  const has = (group: readonly CorruptionReason[]): boolean =>
    reasons.some((reason) => group.includes(reason));
  const hasOther = reasons.some(
    (reason) => ![...metadataReasons, ...indexReasons, "git_lock_stale"].includes(reason),
  );
  const ladder: RecoveryAction[] = [];
  if (reasons.includes("git_lock_stale")) ladder.push("move_git_lock");
  if (has(metadataReasons) && !reasons.includes("slot_missing")) ladder.push("restore_metadata");
  const isWorktreeGone = layout === "worktree" && reasons.includes("slot_missing");
  if (has(linkReasons) || isWorktreeGone) ladder.push("restore_links");
  if (has(indexReasons) && !hasOther) ladder.push("rebuild_index");
  if (has(refReasons)) ladder.push("restore_refs");
  if (layout === "clone") ladder.push("reclone");
  return ladder;
}
