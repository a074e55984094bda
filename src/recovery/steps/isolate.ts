import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { readEntry } from "../../platform/regular-file.ts";
import { formatPoolTime } from "../../pool/records/local-time.ts";
import { isJsonObject, SlotState } from "../../pool/records/slot-record.ts";
import { quarantinePlaceOf } from "./replace-file.ts";
import { moveToQuarantine } from "../../salvage/quarantine.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { rebuildSlotFields, writeSlotRecord } from "../../pool/records/slot-record-writer.ts";
import { refuseRecord } from "../guards/slot-guards.ts";

/** Step 7: takes the slot out of rotation, with the reason, until a person recovers it. Nothing else is changed. */
export function isolate(context: RecoveryContext, reason: string): ActionResult {
  const { slot, pool, clock, timeZone, inspection } = context;
  const refusal = refuseRecord(context);
  if (refusal !== undefined) return { outcome: "refused", ...refusal };
  const now = clock.now();
  const copy = context.knownGood.readSlot(slot.slotId)?.fields;
  const fields = rebuildSlotFields(slot, pool, { now, timeZone, tip: inspection, copy });
  const metadata = isJsonObject(fields["metadata"]) ? fields["metadata"] : {};
  const isolation = { isolated_at: formatPoolTime(now, timeZone), isolation_reason: reason };
  const { kind } = readEntry(slot.recordPath);
  if (kind !== "file" && kind !== "missing") moveToQuarantine(slot.recordPath, quarantinePlaceOf(context));
  mkdirSync(dirname(slot.recordPath), { recursive: true });
  writeSlotRecord({
    fields: { ...fields, state: SlotState.ERROR, metadata: { ...metadata, ...isolation } },
    path: slot.recordPath,
    now,
    timeZone,
  });
  return { outcome: "done", reason, detail: `${slot.slotId} waits for a person: ${reason}` };
}
