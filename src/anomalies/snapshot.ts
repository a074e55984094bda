import type { Arrival, Depth, Finding, UnsavedWorkKind } from "../inspection/finding.ts";
import type { CheckError, InventoryFacts, SourceFacts } from "../inspection/inspection-result.ts";
import type { SlotOwner } from "../inspection/slot-owner.ts";
import type { SlotProcess } from "../inspection/slot-process.ts";
import type { LayoutKind, RegistrationCounts, SourcePermission } from "../pool/pool.ts";
import type { FileSystem } from "../platform/file-system.ts";
import type { SlotStateName } from "../pool/records/slot-record.ts";
import type { ActivityKind, Anomalies } from "./anomaly.ts";
import type { CorruptionReason } from "./corruption-reason.ts";
import type { SnapshotProblem } from "./pool-problem.ts";

/** Everything one collection found: immutable, and the only thing that metrics, page and API read. */
export interface Snapshot {
  readonly checkedAt: Date;
  readonly durationSeconds: number;
  readonly isDeep: boolean;
  readonly pools: readonly PoolSnapshot[];
  readonly anomalies: Anomalies;
  readonly isolatedSlots: readonly IsolatedSlot[];
  /** Whether the list of pools could be read, and which known pools are gone. */
  readonly inventory: Pick<InventoryFacts, "isReadable" | "isWatched" | "knownPools" | "gonePools">;
  /** Of the host as a whole. */
  readonly problems: readonly SnapshotProblem[];
  /** What could not be looked at. */
  readonly errors: readonly CheckError[];
  /** Of the file system that holds the workspaces directory; undefined if it cannot be asked. */
  readonly filesystem: FileSystem | undefined;
  /** How each source without a pool manager was read. */
  readonly sources?: readonly SourceFacts[];
  /** How many slots this collection inspected, by depth. */
  readonly verifications?: ReadonlyMap<Depth, number>;
  /** How many of these inspections could not be made. */
  readonly verificationFailures?: ReadonlyMap<Depth, number>;
}

export interface PoolSnapshot {
  readonly repoName: string;
  readonly layout: LayoutKind;
  readonly directory: string;
  /** Without credentials. */
  readonly repoUrl: string | undefined;
  /** True if the pool could be read whole. */
  readonly isUp: boolean;
  readonly numSlots: number | undefined;
  readonly states: Readonly<Record<SlotStateName, number>>;
  readonly problems: readonly SnapshotProblem[];
  readonly slots: readonly SlotSnapshot[];
  readonly maxAllocationSeconds: number;
  readonly staleLockSeconds: number;
  /** Of a source of kind `worktrees`. */
  readonly registrations?: RegistrationCounts | undefined;
  /** The source that yields the pool; undefined for a pool of the manager. */
  readonly source?: string | undefined;
  /** What may be done to the slots of a source. */
  readonly allow?: readonly SourcePermission[] | undefined;
}

export interface SlotSnapshot {
  readonly slotId: string;
  readonly repoName: string;
  readonly path: string;
  /** Undefined if slot.json cannot be read. */
  readonly state: SlotStateName | undefined;
  /** Who uses a slot whose pool keeps no records; undefined for other slots. */
  readonly owner?: SlotOwner | undefined;
  readonly branch: string | undefined;
  readonly commit: string | undefined;
  readonly allocationCount: number;
  readonly totalUsageSeconds: number;
  /** Only while allocated. */
  readonly allocatedAt: Date | undefined;
  /** Only while allocated. */
  readonly activity: ActivityKind | undefined;
  readonly lastActivityAt: Date | undefined;
  /** Whose working directory is inside the slot; undefined if processes cannot be seen. */
  readonly processes: readonly SlotProcess[] | undefined;
  readonly isolatedAt: Date | undefined;
  readonly isolationReason: string | undefined;
  /** Undefined if no deep inspection looked; `unknown` if it saw none and the slot changed since. */
  readonly unsavedWork: readonly UnsavedWorkKind[] | undefined;
  readonly unsavedWorkSeenAt: Date | undefined;
  /** By the last search for unsaved work; undefined if the slot changed since. */
  readonly arrival?: Arrival | undefined;
  /** The newest sign of a change: activity, slot.json, or an entry of the slot's directory. */
  readonly changedAt: Date | undefined;
  readonly lock: SlotLockSnapshot;
  /** True if an allocation would stop at a lock of git, or at a lock directory in the slot lock's place. */
  readonly isBlocked: boolean;
  readonly diskBytes: number | undefined;
  /** When the slot last passed each deep check. */
  readonly verifiedAt: Readonly<Partial<Record<Depth, Date>>>;
  /** When the slot was last probed in full, as opposed to found unchanged by its signature. */
  readonly probedAt: Date;
  readonly reasons: readonly CorruptionReason[];
  readonly evidence: readonly Finding[];
  /** Since when the same reasons have been seen without a break; undefined without a `serve`. */
  readonly faultySince: Date | undefined;
}

/** `unknown` if /proc/locks does not show the locks of this machine. */
export type SlotLockSnapshot =
  | { readonly kind: "free" }
  | { readonly kind: "held"; readonly holders: readonly LockHolder[] }
  | { readonly kind: "unknown" };

export interface LockHolder {
  readonly pid: number;
  readonly command: string;
}

export interface IsolatedSlot {
  readonly slotId: string;
  readonly repoName: string;
  readonly isolatedAt: Date;
  readonly isolationReason: string;
}
