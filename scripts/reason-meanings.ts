import type { CorruptionReason } from "../src/anomalies/corruption-reason.ts";
import type { CheckErrorCode } from "../src/inspection/inspection-result.ts";
import type { HostProblemCode, PoolProblemCode } from "../src/pool/pool.ts";
import type { RefusalReason } from "../src/recovery/recovery-action.ts";

/** What each reason says about a slot, for docs/reasons.md. The compiler sees to it that none is left out. */
export const reasonMeanings: Readonly<Record<CorruptionReason, string>> = {
  slot_missing: "The pool counts the slot, and its directory is missing.",
  slot_path_invalid:
    "The slot's directory is no directory, leads out of the pool, or is not the one that slot.json names.",
  slot_json_missing: "The directory has no slot.json, and fewer slots than num_slots are readable.",
  slot_json_invalid: "slot.json is no JSON, or a field of it has the wrong type or an unknown value.",
  slot_json_mismatch: "slot.json names another slot or another repository.",
  state_error: "The pool manager set the state `error`, and nobody isolated the slot.",
  slot_shared: "Two slots use one directory or one git directory, so that each would overwrite the other.",
  git_missing: "There is no repository.",
  git_invalid:
    "Something else is in the place of the repository or of one of git's files in it, or it uses parts of another repository.",
  git_objects_missing: "The objects directory is missing or leads away.",
  git_refs_missing: "The refs directory is missing or leads away.",
  main_repo_broken:
    "The main repository, which all slots of the pool share, is broken; the pool's `main_repo_…` problem names how.",
  head_missing: "HEAD is missing: git takes the directory for no repository.",
  head_invalid: "HEAD names neither a branch nor a commit.",
  head_branch_missing:
    "HEAD is on a branch that is gone: its reflog is there, or the slot is not allocated and has other commits.",
  ref_invalid: "A ref is empty, garbage, cyclic, a link away, or has a name that git forbids.",
  ref_target_missing: "A ref or HEAD points to an object that is not there.",
  ref_missing: "A branch is gone whose reflog is still there.",
  packed_refs_invalid:
    "packed-refs has a line that git cannot read, and every command fails; or it is not sorted as it says, and git does not find refs.",
  object_corrupt: "An object is empty or damaged.",
  object_missing: "An object that a commit or the index needs is not there.",
  pack_missing: "An index of a pack is there without its pack.",
  pack_corrupt: "A pack is cut off or damaged.",
  pack_index_missing: "A pack is there without its index: its objects cannot be found.",
  pack_index_corrupt: "The index of a pack is cut off or damaged.",
  alternates_broken: "Objects are borrowed from a directory that is gone, and some of them are needed.",
  shallow_invalid: "The shallow file holds something else than object ids.",
  commit_graph_corrupt: "The commit-graph is damaged. It can be written again at any time.",
  multi_pack_index_corrupt: "The multi-pack-index is damaged. It can be written again at any time.",
  index_missing: "The index is missing while tracked files are there.",
  index_corrupt: "The index is cut off or damaged.",
  config_missing: "The repository has no configuration.",
  config_invalid: "The configuration, or a file that it includes, is one that git refuses.",
  config_unsafe: "core.worktree leads elsewhere: git would work on another directory.",
  remote_changed:
    "The slot is not allocated, and origin is not the pool's repository or one of `remote_aliases`.",
  worktree_link_missing: "The work tree's .git file is missing.",
  worktree_link_invalid: "The work tree's .git file does not lead into the main repository.",
  worktree_admin_missing: "The main repository no longer knows the work tree.",
  worktree_backlink_invalid: "The main repository does not link back here: a prune would remove the slot.",
  worktree_commondir_invalid: "The work tree's git directory does not lead to the main repository.",
  worktree_lock_stale:
    "The process that locked the work tree by `git worktree lock` has ended: the lock keeps what nobody uses. Reported only for sources without a pool manager.",
  submodule_corrupt: "The repository of a submodule has one of these faults.",
  git_lock_stale: "A lock of git is older than any command that may still run.",
};

/** What each problem says about a pool or the host; those of the main repository are `main_repo_` and a reason. */
export const problemMeanings: Readonly<Record<PoolProblemCode | HostProblemCode, string>> = {
  pool_metadata_invalid: "pool.json cannot be read, or a field of it has the wrong type.",
  timezone_mismatch:
    "Times in slot.json differ from those of their files by whole quarter hours: set `timezone`.",
  zoned_time:
    "A time has a zone, which the pool manager cannot compare. The next write of that slot removes it.",
  leftovers:
    "Git commands that were killed left unfinished files among the objects, untouched for a day; the next clean-up of a slot moves them aside.",
  unsupported:
    "The repository has a format that this program or the git of this host does not read, such as reftable, or is another one by symbolic links.",
  missing_slot_ambiguous: "A slot is missing, and nothing says which one.",
  ownership:
    "A slot belongs to another user than the pool, or rights in it keep its own user from writing. It is not allocated.",
  unread:
    "The program's user may not read the pool or a part of it, the slot locks or the list of known pools, or the disk does not answer: nothing there is judged.",
  not_watched: "A source matches something that it does not watch: the detail says what, and why.",
  vantage_suspect:
    "Several work trees are not where git registered them, as in a container's view or on a disk that is not mounted: nothing is judged there, and nothing done.",
  limited_visibility:
    "Processes or lock holders of this machine cannot be seen from here: reported once for the host, with its effect and its remedy.",
};

/** What each error of a check says that it could not look at. */
export const checkErrorMeanings: Readonly<Record<CheckErrorCode, string>> = {
  workspaces_unreadable: "The workspaces directory is missing or cannot be listed.",
  source_empty: "The patterns of a source match no repository.",
  source_unread:
    "A directory on the way of a source's patterns may not be read, or holds what cannot be watched.",
  no_pools: "No pool is in the workspaces directory, and none was ever seen there.",
  pool_gone: "A pool that was there is gone: unmounted, renamed or removed by hand.",
  pool_unread: "A directory or link that may be a pool cannot be read as one, so that no lock is judged.",
  slot_uninspectable: "The slot could not be read at all.",
  unread:
    "A part of the slot was not read: rights or resources are missing, or the disk does not answer. Nothing that may follow from it is judged.",
  deep_check_failed: "Git could not check the objects of the slot.",
  fleet_unavailable: "The database of the fleet does not answer ([fleet.md](fleet.md)).",
};

/** Why a guard refused a step, and what ends that. */
export const refusalMeanings: Readonly<Record<RefusalReason, string>> = {
  lock_held:
    "Somebody holds the lock of the slot, has removed its file or written slot.json without it, or git has locked the work tree: `locks list`, or the detail, tells. It passes.",
  allocation_alive:
    "A heartbeat, a process, a hold or a lock shows that somebody works there. `--include-alive` overrides it.",
  paused: "A pause or a maintenance window covers the slot: `pause` lists the pauses, `resume` ends one.",
  cooldown:
    "Its last recovery failed: unattended runs wait, longer after each failure (`recovery.cooldown`). A person's run does not.",
  budget:
    "Unattended runs have begun `recovery.budget_per_hour` recoveries, or the fleet its clones, within an hour. A person's run does not count.",
  storm:
    "So many slots of the pool are corrupted that the cause is probably one: see [RepoPoolRecoveryStorm](runbooks/RepoPoolRecoveryStorm.md).",
  disk_space:
    "The step would leave less than `recovery.min_free_ratio` of the file system free, or it is full.",
  state_unwritable:
    "The state directory, or that for temporary files, cannot be written: the detail names the path, and often its owner.",
  salvage_incomplete: "Unsaved work cannot be saved whole: the detail says what is in the way.",
  fault_gone: "The fault is no longer there: nothing is to do.",
  isolated: "The slot waits for a person: `recover SLOT` takes it back.",
  activity_unknown:
    "Processes cannot be seen, and no heartbeat is fresh: the problem `limited_visibility` says how to let them be seen.",
  not_leader: "Another `serve` leads on this state directory, and starts the recoveries.",
  unsupported: "The repository has a format that cannot be read here, or the slot cannot be read whole.",
  approval: "Only a new main repository would help: a person allows it with `--allow-pool-rebuild`.",
  unsafe_path: "A path leads out of the pool, or may be another slot's: the detail names it.",
  allocated:
    "The slot is allocated, and only steps in place may be taken: release it, or name it with `recover SLOT`.",
  forced: "A person made the slot available by force, and its reasons are the same since.",
  not_permitted:
    "The source does not `allow` the step: the detail says what to add ([sources.md](sources.md)).",
  vantage_suspect:
    "The work trees of the repository seem to be seen from the wrong place: see the problem of that name.",
  too_recent: "The work tree was active since.",
  needed_elsewhere:
    "A work tree or another slot lives by this repository, or the branch is checked out elsewhere: the detail names it.",
  other_file_system:
    "A directory is moved aside by rename only, and the quarantine is on another file system: see `reclaim.quarantine_dir`, `state_dir`.",
  place_taken: "Something is in the place to which a reclaimed work tree would come back.",
};
