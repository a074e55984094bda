import { newest, selectWork } from "../inspection/activity.ts";
import { isFreshHeartbeat } from "../inspection/heartbeats.ts";
import { hoursBetween } from "../platform/clock.ts";
import type { SlotInspection } from "../inspection/slot-inspection.ts";
import type { SlotRecordReading } from "../pool/pool.ts";
import { SlotState } from "../pool/records/slot-record.ts";
import type { ActivityKind, LongAllocatedSlot, LongAllocationReason } from "./anomaly.ts";
import type { Thresholds } from "./thresholds.ts";

type ValidReading = Extract<SlotRecordReading, { kind: "valid" }>;

/** A slot allocated, or being cleaned, for longer than the threshold. */
export function detectLongAllocatedSlot(
  inspection: SlotInspection,
  thresholds: Thresholds,
  now: Date,
): LongAllocatedSlot | undefined {
  const { slot } = inspection;
  if (slot.reading.kind !== "valid") return undefined;
  const { state, lastAllocatedAt } = slot.reading.record;
  if (state !== SlotState.ALLOCATED && state !== SlotState.CLEANING) return undefined;
  const hasTime = state === SlotState.ALLOCATED && lastAllocatedAt !== undefined && lastAllocatedAt <= now;
  const since = findStartOfUse(slot.reading, now);
  const allocatedHours = hoursBetween(since, now);
  if (allocatedHours < thresholds.maxAllocationHours) return undefined;
  const withoutTime: LongAllocationReason =
    state === SlotState.CLEANING ? "cleaning_too_long" : "allocation_without_time";
  return {
    kind: "long_allocated_slot",
    slotId: slot.slotId,
    repoName: slot.repoName,
    reason: hasTime ? "allocation_too_old" : withoutTime,
    allocatedHours,
    activity: judgeActivity(inspection, thresholds, now),
    lastActivityAt: inspection.lastActivityAt,
  };
}

/**
 * Since when a slot is allocated, or being cleaned. A time in the future, of a clock that was wrong, is none: what the record
 * says was so when its file was written.
 */
export function findStartOfUse({ record, modifiedAt }: ValidReading, now: Date): Date {
  const { state, lastAllocatedAt, updatedAt } = record;
  const told = state === SlotState.ALLOCATED ? (lastAllocatedAt ?? updatedAt) : updatedAt;
  return told > now ? modifiedAt : told;
}

/** A slot of a source without records, without activity for longer than the source allows. What is not there is not idle. */
export function detectIdleSlot(
  inspection: SlotInspection,
  idleAfterHours: number | undefined,
  { thresholds, now }: { readonly thresholds: Thresholds; readonly now: Date },
): LongAllocatedSlot | undefined {
  const { slot, lastActivityAt, worktreeChangedAt, directories } = inspection;
  const since = newest([lastActivityAt, worktreeChangedAt]);
  if (idleAfterHours === undefined || since === undefined || directories === undefined) return undefined;
  const idleHours = hoursBetween(since, now);
  if (idleHours < idleAfterHours) return undefined;
  return {
    kind: "long_allocated_slot",
    slotId: slot.slotId,
    repoName: slot.repoName,
    reason: "idle_too_long",
    allocatedHours: idleHours,
    activity: judgeActivity(inspection, thresholds, now),
    lastActivityAt: since,
  };
}

/**
 * Alive only by a fresh heartbeat or a process working inside, which git's own daemons do not; file changes alone prove nothing, and neither does a
 * heartbeat from further in the future than clocks differ.
 */
export function judgeActivity(inspection: SlotInspection, thresholds: Thresholds, now: Date): ActivityKind {
  const { heartbeatAt, processes } = inspection;
  if (heartbeatAt && isFreshHeartbeat(heartbeatAt, now, thresholds.heartbeatMaxAgeSeconds)) return "alive";
  if (processes === undefined) return "unknown";
  return selectWork(processes).length > 0 ? "alive" : "idle";
}
