import type { GitDirectories } from "../git/git-directory.ts";
import type { GitSetting } from "../git/config/git-config.ts";
export { isHonouredByGit, type GitLock } from "../git/git-locks.ts";

/** How thoroughly a slot is inspected, cheapest first. */
export const depths = ["signature", "probe", "plumbing", "connectivity", "full"] as const;
export type Depth = (typeof depths)[number];

/** Kinds of work that exist in a slot and nowhere else. `unknown` if it could not be read: it counts as unsaved. */
export const unsavedWorkKinds = [
  "uncommitted",
  "untracked",
  "unpushed",
  "stash",
  "in_progress",
  "unknown",
] as const;
export type UnsavedWorkKind = (typeof unsavedWorkKinds)[number];

/**
 * How a remote knows what was committed in a clean slot. `in_remote`: each commit is in one of its refs, so that nothing
 * would be lost with the slot. The others are hints: its changes are there in other commits.
 */
export const arrivals = ["in_remote", "by_patch_id", "by_content"] as const;
export type Arrival = (typeof arrivals)[number];

/**
 * Every way in which a slot can differ from a healthy one. Closed: the reasons of anomalies/corruption-reason.ts, their
 * metric labels and docs/reasons.md come from this list, and in its order.
 */
export const findingCodes = [
  // the slot and its metadata
  "slot_missing",
  "slot_path_invalid",
  "slot_json_missing",
  "slot_json_unreadable",
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
  "head_branch_lost",
  "head_branch_unborn",
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
  "worktree_lock_stale",
  // submodules and locks that git left
  "submodule_corrupt",
  "git_lock_stale",
  // rights: no fault of the repository
  "ownership",
] as const;
export type FindingCode = (typeof findingCodes)[number];

/** One difference from a healthy slot: what was found, and what was expected. */
export interface Finding {
  readonly code: FindingCode;
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  readonly depth: Depth;
  /** True if it is the repository that all slots of a worktree pool share, not this slot. */
  readonly isShared?: boolean;
  /** The linked work tree in whose registration it is, if that is not the slot's own. */
  readonly workTree?: string | undefined;
  /** True for a state that git passes through while it works: no fault while a git runs in the slot. */
  readonly isPassing?: boolean;
  /** True if the user of an allocated slot may have chosen this: it is a fault only while the slot is not allocated. */
  readonly isOwnersChoice?: boolean;
}

/**
 * A finding that reading alone cannot settle, with the question that git answers in a scratch repository:
 * `are_tracked_files_here` (an index is missing), `are_borrowed_objects_needed` (an alternate is gone),
 * `is_commit_whole` (the commit is stored as a delta), `are_settings_refused` (a configuration has settings that git may
 * refuse).
 */
export interface UnverifiedFinding {
  readonly question:
    "are_tracked_files_here" | "are_borrowed_objects_needed" | "is_commit_whole" | "are_settings_refused";
  /** Which one, if a commit is remaining: HEAD may have another by the time git is asked. */
  readonly commit?: string | undefined;
  /** Which ones: each that git refuses is a finding of its own. */
  readonly settings?: readonly GitSetting[];
  /** The git directory of the submodule, if the finding is about one. */
  readonly directories?: GitDirectories;
  readonly finding: Finding;
}
