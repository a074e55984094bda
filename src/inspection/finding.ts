/** How thoroughly a slot was looked at, cheapest first. */
export const depths = ["signature", "probe", "plumbing", "connectivity", "full"] as const;
export type Depth = (typeof depths)[number];

/** Kinds of work that exist in a slot and nowhere else. `unknown` where it could not be read: it counts as unsaved. */
export const unsavedWorkKinds = [
  "uncommitted",
  "untracked",
  "unpushed",
  "stash",
  "in_progress",
  "unknown",
] as const;
export type UnsavedWorkKind = (typeof unsavedWorkKinds)[number];

/** One fact that differs from what a healthy slot shows: what was read, and what was expected there. */
export interface Finding {
  /** What is wrong, from the closed set of the folder that judges it. */
  readonly code: string;
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  readonly depth: Depth;
  /** True where it is the repository that all slots of a worktree pool share, not this slot. */
  readonly isShared?: boolean;
}

/** What was not looked at, and why: known neither as healthy nor as a fault. */
export interface UnreadPlace {
  readonly path: string;
  readonly detail: string;
}

/**
 * A finding that reading alone cannot settle, with the question that git answers in a clean room:
 * `are_tracked_files_here` (an index is missing), `are_borrowed_objects_needed` (an alternate is gone),
 * `is_commit_whole` (the commit is stored as a delta).
 */
export interface UnverifiedFinding {
  readonly question: "are_tracked_files_here" | "are_borrowed_objects_needed" | "is_commit_whole";
  /** Which one, where a commit is remaining: HEAD may have another by the time git is asked. */
  readonly commit?: string | undefined;
  readonly finding: Finding;
}

/** A lock file that git left or holds inside a slot's repository. */
export interface GitLock {
  readonly path: string;
  readonly modifiedAt: Date;
  readonly inode: number;
}
