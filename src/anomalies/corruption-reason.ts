/**
 * Why a slot counts as corrupted: a closed set, a metric label, and an entry of docs/reasons.md each.
 * The numbers in comments are rows of the measured fault table.
 */
export const corruptionReasons = [
  // the slot and its metadata
  "slot_missing",
  "slot_path_invalid",
  "slot_json_missing",
  "slot_json_invalid",
  "slot_json_mismatch",
  "state_error",
  "slot_shared",
  // the repository as a whole
  "git_missing",
  "git_invalid",
  "git_objects_missing",
  "git_refs_missing",
  "main_repo_broken",
  // HEAD and refs
  "head_missing",
  "head_invalid",
  "head_branch_missing",
  "ref_invalid",
  "ref_target_missing",
  "ref_missing",
  "packed_refs_invalid",
  // objects
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
  // index and configuration
  "index_missing",
  "index_corrupt",
  "config_missing",
  "config_invalid",
  "config_unsafe",
  "remote_changed",
  // worktree links
  "worktree_link_missing",
  "worktree_link_invalid",
  "worktree_admin_missing",
  "worktree_backlink_invalid",
  "worktree_commondir_invalid",
  // submodules and locks that git left
  "submodule_corrupt",
  "git_lock_stale",
] as const;
export type CorruptionReason = (typeof corruptionReasons)[number];

export function isCorruptionReason(value: unknown): value is CorruptionReason {
  return corruptionReasons.some((reason) => reason === value);
}
