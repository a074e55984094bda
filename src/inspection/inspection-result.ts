import type { FileSystem } from "../platform/file-system.ts";
import type { LockFacts } from "../pool/locks/lock-inspection.ts";
import type { Clock } from "../platform/clock.ts";
import { sourceErrorCodes, type SourceSettings } from "../pool/sources/source.ts";
import type { HostProblemCode, Pool, PoolProblem } from "../pool/pool.ts";
import type { Depth } from "./finding.ts";
import type { InspectionMemory } from "./memory/inspection-memory.ts";
import type { SlotInspection } from "./slot-inspection.ts";

export interface InspectionSettings {
  readonly workspacesDir: string;
  readonly stateDir: string;
  /** Where `hold` leaves its holds if it is given no configuration; by default the same. */
  readonly homeStateDir?: string;
  readonly timeZone: string;
  readonly clock: Clock;
  readonly deepTimeoutSeconds: number;
  /** Where pools come from; without any, from the workspaces directory. */
  readonly sources?: readonly SourceSettings[];
  /** Ignored directories by these names are no unsaved work in a slot without a record. */
  readonly remadeNames?: readonly string[];
  /** A newer heartbeat shows that a slot without a record is used. */
  readonly heartbeatMaxAgeSeconds: number;
}

export interface InspectionScope {
  readonly pool?: string | undefined;
  readonly slotId?: string | undefined;
  readonly deep?: boolean | undefined;
  /** A deep check looks for faults alone, and not for unsaved work, which would double its cost. */
  readonly faultsOnly?: boolean | undefined;
  /** Looks for unsaved work and at sizes for this long, and checks no objects. */
  readonly surveySeconds?: number | undefined;
  /** What earlier inspections found; without it every slot is read in full. */
  readonly memory?: InspectionMemory | undefined;
  /** Told how many of the deep checks, or of the looks of a survey, are done. */
  readonly onProgress?: ((doneCount: number, totalCount: number) => void) | undefined;
}

/** What a check could not look at; `fleet_unavailable` is added by a member of a fleet. */
export const checkErrorCodes = [
  "workspaces_unreadable",
  "no_pools",
  "pool_gone",
  "pool_unread",
  "slot_uninspectable",
  "unread",
  "deep_check_failed",
  ...sourceErrorCodes,
  "fleet_unavailable",
] as const;
export type CheckErrorCode = (typeof checkErrorCodes)[number];

export interface CheckError {
  readonly code: CheckErrorCode;
  readonly slotId?: string;
  readonly path?: string;
  readonly detail: string;
}

/** One pool with the facts about each of its slots. */
export interface InspectedPool {
  readonly pool: Pool;
  readonly inspections: readonly SlotInspection[];
}

/** How one source without a pool manager was read. */
export interface SourceFacts {
  readonly name: string;
  /** False if something of it could not be looked at, or if it matches nothing. */
  readonly isReadable: boolean;
}

/** How complete the list of pools is that an inspection is based on. */
export interface InventoryFacts {
  /** False if nothing can be said of the pools: the directory is gone, or empty where pools were. */
  readonly isReadable: boolean;
  /** False if no source is the workspaces directory: then it is neither read nor reported as missing. */
  readonly isWatched?: boolean;
  /** False if any pool was not read: no lock is judged then. */
  readonly isWhole: boolean;
  /** Pools that were seen at some time. */
  readonly knownPools: readonly string[];
  /** Those of them that are not there now. */
  readonly gonePools: readonly string[];
  /** Names in the workspaces directory that are no pool. */
  readonly otherNames: readonly string[];
}

/** The facts of one collection. `problems` are those of the host; `errors` has what could not be looked at. */
export interface InspectionResult {
  readonly pools: readonly InspectedPool[];
  readonly inventory: InventoryFacts;
  readonly sources?: readonly SourceFacts[];
  readonly locks: readonly LockFacts[];
  readonly problems: readonly PoolProblem<HostProblemCode>[];
  readonly errors: readonly CheckError[];
  readonly filesystem: FileSystem | undefined;
  /** How many slots were inspected, by depth. */
  readonly verifications: ReadonlyMap<Depth, number>;
  /** How many of these inspections could not be made. */
  readonly verificationFailures: ReadonlyMap<Depth, number>;
}
