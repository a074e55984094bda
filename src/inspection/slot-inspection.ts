import type { GitDirectories } from "../git/git-directory.ts";
import type { UnfinishedFile } from "../git/objects/unfinished-files.ts";
import type { Slot } from "../pool/pool.ts";
import type { WorktreeLock } from "../git/worktrees.ts";
import type { LockOwner, SlotOwner } from "./slot-owner.ts";
import type { Arrival, Depth, UnverifiedFinding, Finding, GitLock, UnsavedWorkKind } from "./finding.ts";
import type { SlotProcess } from "./slot-process.ts";
import type { MainRepositoryInspection } from "./probe/main-repository.ts";
import type { UnreadPlace } from "../platform/unread-path.ts";

/** Facts about one slot; no judgement. */
export interface SlotInspection {
  readonly slot: Slot;
  readonly inspectedAt: Date;
  /** When the files were last read in full, as opposed to found unchanged. */
  readonly probedAt: Date;
  /** Undefined if no repository could be located. */
  readonly directories: GitDirectories | undefined;
  /** Owner of the work tree; undefined if there is none. */
  readonly ownerUid: number | undefined;
  /** True if a path could not be read for a reason other than its content. */
  readonly isBlind?: boolean;
  readonly findings: readonly Finding[];
  /** Findings that git has to confirm; empty once it has. */
  readonly unverified: readonly UnverifiedFinding[];
  /** What was not looked at. */
  readonly unread: readonly UnreadPlace[];
  /** The repository that the slots of a worktree pool share: one value for all of them. */
  readonly mainRepository: MainRepositoryInspection | undefined;
  /** True if a git process works anywhere in the pool; undefined if processes cannot be seen. */
  readonly hasGitProcessInPool: boolean | undefined;
  /** As the slot's configuration says, credentials and all: never to be printed. */
  readonly remoteUrl: string | undefined;
  /** Undefined if there is nothing to compare with. */
  readonly expectedRemoteUrl: string | undefined;
  readonly gitLocks: readonly GitLock[];
  readonly branch: string | undefined;
  readonly commit: string | undefined;
  /** A format that this program cannot read: nothing is judged. */
  readonly unsupported: string | undefined;
  /** Unfinished files among the objects of the slot's own repository. */
  readonly unfinishedFiles?: readonly UnfinishedFile[];
  /** Newest of heartbeat, reflog, index, and a process that is inside now. */
  readonly lastActivityAt: Date | undefined;
  /** Processes whose working directory is inside the slot; undefined if they cannot be seen. */
  readonly processes: readonly SlotProcess[] | undefined;
  /** When git last wrote what every git command writes. */
  readonly gitActivityAt: Date | undefined;
  readonly heartbeatAt: Date | undefined;
  /** The lock of `git worktree lock`, of a slot whose pool keeps no records. */
  readonly worktreeLock?: WorktreeLock | undefined;
  /** The process that its text names. */
  readonly lockOwner?: LockOwner | undefined;
  /** Who uses a slot whose pool keeps no records. */
  readonly owner?: SlotOwner | undefined;
  /** Undefined if no deep inspection looked. */
  readonly unsavedWork: readonly UnsavedWorkKind[] | undefined;
  /** When the look for it began. */
  readonly unsavedWorkSeenAt?: Date | undefined;
  /** Undefined if it is not known to have arrived anywhere, or nobody asked. */
  readonly arrival?: Arrival | undefined;
  /** When an entry of the slot's directory was last made, renamed or removed. */
  readonly directoryChangedAt?: Date | undefined;
  /** Undefined if it was not measured. */
  readonly diskBytes?: number | undefined;
  /** When the slot last passed each deep check. */
  readonly verifiedAt?: Readonly<Partial<Record<Depth, Date>>>;
  /** When a file of the work tree last changed; undefined if no deep inspection looked. */
  readonly worktreeChangedAt?: Date | undefined;
}
