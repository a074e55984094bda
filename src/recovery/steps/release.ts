import { formatPoolTime } from "../../pool/records/local-time.ts";
import { fieldsWithLocalTimes } from "../../pool/records/local-times.ts";
import { SlotState } from "../../pool/records/slot-record.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { saveWork } from "../../salvage/save/save-work.ts";
import { writeSlotRecord } from "../../pool/records/slot-record-writer.ts";

/** Ends an allocation or an isolation. The next allocation cleans the slot, so unsaved work is saved first. */
export async function release(context: RecoveryContext): Promise<ActionResult> {
  const { slot, clock, timeZone } = context;
  if (slot.reading.kind !== "valid") return { outcome: "failed", detail: "slot.json cannot be read" };
  const saved = await saveWork(context, "release");
  if (saved.kind === "incomplete")
    return { outcome: "refused", reason: "salvage_incomplete", detail: saved.detail };
  const { record } = slot.reading;
  const now = clock.now();
  const metadata = Object.fromEntries(
    Object.entries(record.metadata).filter(([key]) => !/^isolat(?:ed_at|ion_reason)$/.test(key)),
  );
  const usedSeconds =
    record.state === SlotState.ALLOCATED && record.lastAllocatedAt !== undefined
      ? Math.max(0, Math.floor((now.getTime() - record.lastAllocatedAt.getTime()) / 1000))
      : 0;
  const fields = {
    ...fieldsWithLocalTimes(record, timeZone),
    state: SlotState.AVAILABLE,
    last_released_at: formatPoolTime(now, timeZone),
    total_usage_seconds: record.totalUsageSeconds + usedSeconds,
    metadata,
  };
  writeSlotRecord({ fields, path: slot.recordPath, now, timeZone });
  const detail = `${slot.slotId} is available again`;
  return saved.kind === "saved"
    ? { outcome: "done", detail, salvageId: saved.salvageId }
    : { outcome: "done", detail };
}
