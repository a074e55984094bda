import { formatPoolTime } from "../pool/records/local-time.ts";
import type { Pool, Slot } from "../pool/pool.ts";
import { SlotState, type SlotRecord } from "../pool/records/slot-record.ts";
import { findFault } from "./find-fault.ts";
import {
  isReadable,
  refused,
  type CleanupPolicy,
  type LendingContext,
  type ReadableSlot,
  type Refused,
} from "./lending-context.ts";
import { changeRecord, findSlot, inspectLocked, withSlotLock } from "./locked-slot.ts";
import { prepareSlot, saveBrokenSlot, type PreparationResult } from "./prepare-slot.ts";

export interface Released {
  readonly kind: "released";
  readonly slot: ReadableSlot;
  /** What does not stop the slot from being used, such as a remote that could not be reached. */
  readonly warnings: readonly string[];
  readonly salvageId: string | undefined;
}

/** The allocation has ended, and the slot is out of rotation: why is in `reason`, `detail` and the slot's metadata. */
export interface ReleasedUnusable {
  readonly kind: "unusable";
  readonly reason: "corrupted" | "salvage_incomplete" | "cleanup_failed";
  readonly detail: string;
  readonly slot: ReadableSlot;
  readonly salvageId: string | undefined;
}

export type ReleaseResult = Released | ReleasedUnusable | Refused;

/** Ends an allocation: unsaved work is saved, the slot is cleaned, its branch stays. @throws UsageError `SLOT_UNKNOWN`. */
export function releaseSlot(
  context: LendingContext,
  slotId: string,
  policyOf: (repoName: string) => CleanupPolicy,
): Promise<ReleaseResult> {
  const { pool, slot } = findSlot(context, slotId);
  const policy = policyOf(pool.repoName);
  return withSlotLock(context, { pool, slot }, { waitSeconds: context.lockTimeoutSeconds }, (locked) =>
    takeBack(context, { pool, slot: locked }, policy),
  );
}

async function takeBack(
  context: LendingContext,
  { pool, slot }: { pool: Pool; slot: Slot },
  policy: CleanupPolicy,
): Promise<ReleaseResult> {
  if (!isReadable(slot)) return refused("corrupted", `${slot.recordPath} cannot be read: recover the slot`);
  const { state } = slot.reading.record;
  if (state === SlotState.ERROR) return refused("isolated", `${slot.slotId} is out of rotation: recover it`);
  if (state === SlotState.AVAILABLE) return refused("not_allocated", `${slot.slotId} is not allocated`);
  const cleaning = changeRecord(context, slot, {
    state: SlotState.CLEANING,
    ...endOfUse(slot.reading.record, context),
  });
  const inspection = inspectLocked(context, pool, cleaning);
  const fault = findFault({ pool, inspection }, context.thresholds);
  const prepared = await prepare(context, { pool, slot: cleaning, fault }, policy);
  if (prepared.kind === "failed") return markUnusable(context, cleaning, prepared);
  const released = changeRecord(context, cleaning, {
    state: SlotState.AVAILABLE,
    current_branch: inspection.branch ?? null,
    current_commit: inspection.commit ?? null,
  });
  return { kind: "released", slot: released, warnings: prepared.warnings, salvageId: prepared.salvageId };
}

/** A release that was interrupted has counted its use: the state was `cleaning` by then. */
function endOfUse(record: SlotRecord, { clock, timeZone }: LendingContext) {
  if (record.state !== SlotState.ALLOCATED) return {};
  const now = clock.now();
  const used =
    record.lastAllocatedAt === undefined ? 0 : (now.getTime() - record.lastAllocatedAt.getTime()) / 1000;
  return {
    last_released_at: formatPoolTime(now, timeZone),
    total_usage_seconds: record.totalUsageSeconds + Math.max(0, Math.floor(used)),
  };
}

interface Failure {
  readonly kind: "failed";
  readonly reason: ReleasedUnusable["reason"];
  readonly detail: string;
  readonly salvageId: string | undefined;
}

async function prepare(
  context: LendingContext,
  { pool, slot, fault }: { pool: Pool; slot: Slot; fault: string | undefined },
  policy: CleanupPolicy,
): Promise<Failure | Extract<PreparationResult, { kind: "prepared" }>> {
  if (fault !== undefined) {
    const saved = await saveBrokenSlot(context, { pool, slot });
    if (saved.kind === "incomplete")
      return { kind: "failed", reason: "salvage_incomplete", detail: saved.detail, salvageId: undefined };
    const salvageId = saved.kind === "saved" ? saved.salvageId : undefined;
    return { kind: "failed", reason: "corrupted", detail: fault, salvageId };
  }
  if (!policy.cleanOnRelease) return { kind: "prepared", warnings: [], salvageId: undefined };
  return prepareSlot(
    context,
    { pool, slot },
    { purpose: "release", fetches: true, warmsUp: policy.isWarmupEnabled },
  );
}

/**
 * `error`: nobody may be lent this slot. Work that could not be saved waits for a person; with everything saved the
 * next recovery may repair the slot, so it is not isolated.
 */
function markUnusable(context: LendingContext, slot: ReadableSlot, failure: Failure): ReleasedUnusable {
  const { reason, detail, salvageId } = failure;
  const at = formatPoolTime(context.clock.now(), context.timeZone);
  const why = `${reason} at release: ${detail}`;
  const marks =
    reason === "salvage_incomplete"
      ? { isolated_at: at, isolation_reason: why }
      : { error_at: at, error_reason: why };
  const metadata = { ...slot.reading.record.metadata, ...marks };
  const marked = changeRecord(context, slot, { state: SlotState.ERROR, metadata });
  return { kind: "unusable", reason, detail, slot: marked, salvageId };
}
