/** What a recovery does to a slot or a lock: a closed set and a metric label. */
export const recoveryActions = [
  "move_git_lock",
  "restore_metadata",
  "restore_links",
  "rebuild_index",
  "restore_refs",
  "refetch_objects",
  "reclone",
  "isolate",
  "release",
  "move_slot_lock",
  "salvage",
  "reclaim",
  "undo_reclaim",
] as const;
export type RecoveryAction = (typeof recoveryActions)[number];

/** Those that move a slot away whole, or bring it back. */
export const reclaimActions: ReadonlySet<string> = new Set<RecoveryAction>(["reclaim", "undo_reclaim"]);

export const actionOutcomes = ["done", "no_effect", "refused", "failed", "planned"] as const;
export type ActionOutcome = (typeof actionOutcomes)[number];

/** Why a guard refused a step: a result, not an error. */
export const refusalReasons = [
  "lock_held",
  "allocation_alive",
  "paused",
  "cooldown",
  "budget",
  "storm",
  "disk_space",
  "state_unwritable",
  "salvage_incomplete",
  "fault_gone",
  "isolated",
  "activity_unknown",
  "not_leader",
  "unsupported",
  "approval",
  "unsafe_path",
  "allocated",
  "forced",
  "not_permitted",
  "vantage_suspect",
  "too_recent",
  "needed_elsewhere",
  "other_file_system",
  "place_taken",
] as const;
export type RefusalReason = (typeof refusalReasons)[number];
