import { formatPoolTime } from "../pool/records/local-time.ts";
import type { Pool, Slot } from "../pool/pool.ts";
import { fieldsWithLocalTimes } from "../pool/records/slot-record-writer.ts";
import { SlotState, type SlotRecord } from "../pool/records/slot-record.ts";
import type { ReleaseEnd } from "../recovery/slot-release.ts";
import { createStamp } from "../salvage/create-stamp.ts";
import { saveWork, type SalvageOptions } from "../salvage/save/save-work.ts";
import { isStorageFault, type StorageFault } from "../salvage/storage-fault.ts";
import { findFault } from "./find-fault.ts";
import {
  isReadable,
  refused,
  type LendingContext,
  type ReadableSlot,
  type Refused,
} from "./lending-context.ts";
import type { CleanupPolicy } from "./lending-rules.ts";
import { changeRecord, findSlot, inspectLocked, withSlotLock } from "./locked-slot.ts";
import { settleRecord } from "./settle-record.ts";
import { prepareSlot, type PreparationResult } from "./prepare-slot.ts";
import { withoutFields } from "../platform/stored-fields.ts";
import { secondsBetween } from "../platform/clock.ts";

export type Released = Extract<ReleaseEnd, { kind: "released" }> & { readonly slot: ReadableSlot };

/** The allocation has ended, and the slot is out of rotation: why is in `reason`, `detail` and the slot's metadata. */
export type ReleasedUnusable = Extract<ReleaseEnd, { kind: "unusable" }> & { readonly slot: ReadableSlot };

type NotReleased = Extract<ReleaseEnd, { kind: "refused" }>;

/** The slot is available, is out of rotation, or was left as it was. */
export type ReleaseResult = Released | ReleasedUnusable | Refused;

/** Ends an allocation: unsaved work is saved, the slot is cleaned, its branch stays. @throws UsageError `SLOT_UNKNOWN`. */
export function releaseSlot(
  context: LendingContext,
  slotId: string,
  policyOf: (repoName: string) => CleanupPolicy,
): Promise<ReleaseResult> {
  const { pool, slot } = findSlot(context, slotId);
  const policy = policyOf(pool.repoName);
  return withSlotLock(context, { pool, slot }, { waitSeconds: context.lockTimeoutSeconds }, async (locked) =>
    takeBack(context, { pool, slot: locked }, policy),
  );
}

function takeBack(
  context: LendingContext,
  { pool, slot }: { pool: Pool; slot: Slot },
  policy: CleanupPolicy,
): ReleaseResult | Promise<ReleaseResult> {
  if (!isReadable(slot)) return refused("corrupted", `${slot.recordPath} cannot be read: recover the slot`);
  const { state } = slot.reading.record;
  if (state === SlotState.ERROR) return refused("isolated", `${slot.slotId} is out of rotation: recover it`);
  if (state === SlotState.AVAILABLE) return refused("not_allocated", `${slot.slotId} is not allocated`);
  return endUse(context, { pool, slot }, { policy, savesAlways: false });
}

/**
 * The one release: for people, for programs, and for a recovery that ends an allocation or an isolation. The slot is
 * fetched, work is saved, the slot is cleaned and reset, and is available; its branch stays. The slot's lock is held. With
 * `savesAlways`, work is saved even if the pool's slots are not cleaned at release.
 */
export async function endUse(
  context: LendingContext,
  { pool, slot }: { pool: Pool; slot: ReadableSlot },
  how: { policy: CleanupPolicy; savesAlways: boolean },
): Promise<Released | ReleasedUnusable | NotReleased> {
  const cleaning = changeRecord(context, slot, {
    state: SlotState.CLEANING,
    ...endOfUse(slot.reading.record, context),
  });
  const inspection = await inspectLocked(context, pool, cleaning);
  const fault = findFault({ pool, inspection }, context.thresholds);
  const prepared = await prepare(context, { pool, slot: cleaning, fault }, how);
  if (prepared.kind === "failed") {
    const { reason, detail } = prepared;
    if (isStorageFault(reason)) {
      // Nothing was cleaned in the slot: its record is again what it was.
      changeRecord(context, cleaning, fieldsWithLocalTimes(slot.reading.record, context.timeZone));
      return { kind: "refused", reason, detail };
    }
    const unusable = markUnusable(context, cleaning, { ...prepared, reason });
    await settleRecord(context, pool, unusable.slot, undefined);
    return unusable;
  }
  const released = changeRecord(context, cleaning, {
    state: SlotState.AVAILABLE,
    current_branch: inspection.branch ?? null,
    current_commit: inspection.commit ?? null,
    metadata: withoutFields(cleaning.reading.record.metadata, "isolated_at", "isolation_reason"),
  });
  const warnings = [
    ...prepared.warnings,
    ...(await settleRecord(context, pool, released, inspection.directories)),
  ];
  return { kind: "released", slot: released, warnings, salvageId: prepared.salvageId };
}

/** A release that was interrupted has counted its use: the state was `cleaning` by then. */
function endOfUse(record: SlotRecord, { clock, timeZone }: LendingContext) {
  if (record.state !== SlotState.ALLOCATED) return {};
  const now = clock.now();
  const used = record.lastAllocatedAt === undefined ? 0 : secondsBetween(record.lastAllocatedAt, now);
  return {
    last_released_at: formatPoolTime(now, timeZone),
    total_usage_seconds: record.totalUsageSeconds + Math.max(0, Math.floor(used)),
  };
}

interface Failure {
  readonly kind: "failed";
  readonly reason: ReleasedUnusable["reason"] | StorageFault["reason"];
  readonly detail: string;
  readonly salvageId: string | undefined;
}

async function prepare(
  context: LendingContext,
  { pool, slot, fault }: { pool: Pool; slot: Slot; fault: string | undefined },
  { policy, savesAlways }: { policy: CleanupPolicy; savesAlways: boolean },
): Promise<Failure | Extract<PreparationResult, { kind: "prepared" }>> {
  if (fault !== undefined) {
    const saved = await saveForRelease(context, { pool, slot }, { isUnsavedWorkKnown: true });
    return saved.kind === "failed"
      ? saved
      : { kind: "failed", reason: "corrupted", detail: fault, salvageId: saved.salvageId };
  }
  if (!policy.cleanOnRelease)
    return savesAlways
      ? saveForRelease(context, { pool, slot })
      : { kind: "prepared", warnings: [], salvageId: undefined };
  return prepareSlot(
    context,
    { pool, slot },
    { purpose: "release", fetches: true, warmsUp: policy.isWarmupEnabled },
  );
}

async function saveForRelease(
  context: LendingContext,
  { pool, slot }: { pool: Pool; slot: Slot },
  options: SalvageOptions = {},
): Promise<Failure | Extract<PreparationResult, { kind: "prepared" }>> {
  const stamp = createStamp(context.clock.now());
  const saved = await saveWork({ ...context, pool, slot, stamp }, "release", options);
  if (saved.kind === "incomplete")
    return { kind: "failed", reason: saved.reason, detail: saved.detail, salvageId: undefined };
  const salvageId = saved.kind === "saved" ? saved.salvageId : undefined;
  return { kind: "prepared", warnings: [], salvageId };
}

/**
 * `error`: nobody may be allocated this slot. Work that could not be saved waits for a person; with everything saved the
 * next recovery may repair the slot, so it is not isolated.
 */
function markUnusable(
  context: LendingContext,
  slot: ReadableSlot,
  failure: Failure & { readonly reason: ReleasedUnusable["reason"] },
): ReleasedUnusable {
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
