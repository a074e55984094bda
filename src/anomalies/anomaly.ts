import type { CorruptionReason } from "./corruption-reason.ts";

export const anomalyKinds = ["long_allocated_slot", "corrupted_slot", "orphaned_lock"] as const;
export type AnomalyKind = (typeof anomalyKinds)[number];

export const longAllocationReasons = [
  "allocation_too_old",
  "allocation_without_time",
  "cleaning_too_long",
  "idle_too_long",
] as const;
export type LongAllocationReason = (typeof longAllocationReasons)[number];

export const orphanedLockReasons = ["no_such_slot", "stale_lock_directory"] as const;
export type OrphanedLockReason = (typeof orphanedLockReasons)[number];

/** Whether an agent still works in an allocated slot, as far as can be proven. */
export const activityKinds = ["alive", "idle", "unknown"] as const;
export type ActivityKind = (typeof activityKinds)[number];

/** A slot that has been allocated, cleaning or idle for longer than its limit. */
export interface LongAllocatedSlot {
  readonly kind: "long_allocated_slot";
  readonly slotId: string;
  readonly repoName: string;
  readonly reason: LongAllocationReason;
  readonly allocatedHours: number;
  readonly activity: ActivityKind;
  readonly lastActivityAt: Date | undefined;
}

/** A slot whose directory, metadata or repository is broken. */
export interface CorruptedSlot {
  readonly kind: "corrupted_slot";
  readonly slotId: string;
  readonly repoName: string;
  /** Never empty; the most significant first. */
  readonly reasons: readonly CorruptionReason[];
  readonly detail: string;
}

/** An old lock that nobody holds and no slot owns. */
export interface OrphanedLock {
  readonly kind: "orphaned_lock";
  readonly slotId: string;
  /** Empty for a lock of no pool. */
  readonly repoName: string;
  readonly path: string;
  readonly reason: OrphanedLockReason;
  /** Whose file it is; nobody holds it. */
  readonly ownerUid: number;
  readonly ageHours: number;
}

export type Anomaly = LongAllocatedSlot | CorruptedSlot | OrphanedLock;

/** The guide's three lists. */
export interface Anomalies {
  readonly longAllocatedSlots: readonly LongAllocatedSlot[];
  readonly corruptedSlots: readonly CorruptedSlot[];
  readonly orphanedLocks: readonly OrphanedLock[];
}
