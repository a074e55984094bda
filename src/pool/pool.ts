import type { PoolRecord } from "./records/pool-record.ts";
import type { JsonObject, RecordProblem, SlotRecord } from "./records/slot-record.ts";

export const layoutKinds = ["clone", "worktree"] as const;
export type LayoutKind = (typeof layoutKinds)[number];

/** What can be wrong with a pool and is no anomaly of a slot. anomalies/pool-problem.ts adds the main repository's. */
export const poolProblemCodes = [
  "pool_metadata_invalid",
  "timezone_mismatch",
  "zoned_time",
  "unsupported",
  "missing_slot_ambiguous",
  "ownership",
  "unread",
  "leftovers",
  "not_watched",
  "vantage_suspect",
] as const;
export type PoolProblemCode = (typeof poolProblemCodes)[number];

/** What can be wrong with the view of this host: it concerns every pool, and is told once. */
export const hostProblemCodes = ["limited_visibility"] as const;
export type HostProblemCode = (typeof hostProblemCodes)[number];

export interface PoolProblem<Code extends string = PoolProblemCode> {
  readonly code: Code;
  readonly slotId?: string;
  readonly path?: string;
  readonly detail: string;
}

/** What reading `slot.json` gave. `version` changes with every write of the file (inode, mtime, size). */
export type SlotRecordReading =
  | {
      readonly kind: "valid";
      readonly record: SlotRecord;
      readonly version: string;
      readonly modifiedAt: Date;
    }
  | { readonly kind: "missing" }
  /** Its pool keeps no records: who uses the slot follows from what is seen there. */
  | { readonly kind: "unrecorded" }
  | {
      readonly kind: "invalid";
      readonly problems: readonly RecordProblem[];
      readonly fields: JsonObject;
      readonly version: string;
    }
  | { readonly kind: "unreadable"; readonly detail: string; readonly errorCode: string };

/** One slot of a pool, as reading the directories found it. */
export interface Slot {
  readonly slotId: string;
  readonly repoName: string;
  readonly number: number;
  readonly layout: LayoutKind;
  /** Where slot.json is or belongs. */
  readonly recordPath: string;
  /** Where the work tree is or belongs: computed from the layout, never taken from slot.json. */
  readonly path: string;
  /** The directory that the slot must not lead out of, if it is not the pool's. */
  readonly root?: string;
  readonly reading: SlotRecordReading;
}

/** What becomes of the linked work trees of a repository. `away`: gone, and locked by `git worktree lock`. */
export const registrationStates = ["present", "missing", "suspect", "away", "unregistered"] as const;
export type RegistrationCounts = Readonly<Record<(typeof registrationStates)[number], number>>;

/** One pool as read from disk: an immutable value. */
export interface Pool {
  readonly repoName: string;
  readonly directory: string;
  readonly layout: LayoutKind;
  /** Undefined if pool.json cannot be read; `problems` says why. */
  readonly record: PoolRecord | undefined;
  /** pool.json wins over slot.json if they disagree. Undefined if neither is readable. */
  readonly repoUrl: string | undefined;
  readonly slots: readonly Slot[];
  readonly problems: readonly PoolProblem[];
  /** The repository of its work trees, if it is not the `.main_repo` of a pool manager. */
  readonly mainRepository?: string;
  /** Of a source of kind `worktrees`. */
  readonly registrations?: RegistrationCounts;
  /** Why nothing is to be done with its repository, if it seems to be seen from the wrong place: also by what is not watched. */
  readonly vantage?: PoolProblem | undefined;
  /** Set if a source without a pool manager yields the pool: it keeps no pool.json and no slot.json. */
  readonly source?: PoolSource;
}

/** What may be done to the slots of a source. `report` changes nothing, and is always allowed. */
export const sourcePermissions = ["report", "move_git_lock", "repair", "reclaim"] as const;
export type SourcePermission = (typeof sourcePermissions)[number];

/** How a process that runs a job of a CI runner is recognised. */
export interface JobProcess {
  /** As the kernel names it. */
  readonly command: string;
  /** One of its arguments. */
  readonly argument?: string;
  /** Where its job may work: below the directory that its programs are installed in, or anywhere. */
  readonly reach: "installation" | "machine";
}

/** What is known of the source of a pool. */
export interface PoolSource {
  /** Empty for directories that were named on the command line. */
  readonly name: string;
  /** A slot without activity for longer is idle; undefined if nobody says how long is too long. */
  readonly idleAfterSeconds: number | undefined;
  /** What may be done to its slots. */
  readonly allow: readonly SourcePermission[];
  /** While one runs, its slots are in use. */
  readonly jobProcess?: JobProcess | undefined;
  readonly reclaim: ReclaimSettings;
}

/** Which slots of a source are reclaimed without being named, and where they go. */
export interface ReclaimSettings {
  /** Those without activity for longer. */
  readonly maxAgeSeconds?: number | undefined;
  /** The least recently active, until the slots of the source take no more. */
  readonly maxBytes?: number | undefined;
  /** For slots on another file system than the state directory. */
  readonly quarantineDir?: string | undefined;
}
