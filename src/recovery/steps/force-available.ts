import { dirname } from "node:path";
import { formatPoolTime } from "../../pool/records/local-time.ts";
import { SlotState } from "../../pool/records/slot-record.ts";
import { withForcedAvailability } from "../guards/forced-availability.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { rebuildSlotFields, writeSlotRecord } from "../../pool/records/slot-record-writer.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** The guide's `recover_slot(force=True)`: available although not repaired, with the time and the reasons in metadata. */
export function forceAvailable(context: RecoveryContext, reasons: readonly string[]): ActionResult {
  const { slot, pool, clock, timeZone, inspection } = context;
  if (!uncachedReader.isDirectory(dirname(slot.recordPath)))
    return {
      outcome: "failed",
      detail: `${dirname(slot.recordPath)} is gone: there is nothing to make available`,
    };
  const now = clock.now();
  const copy = context.knownGood.readSlot(slot.slotId)?.fields;
  const fields = rebuildSlotFields(slot, pool, { now, timeZone, tip: inspection, copy });
  const forced = { at: formatPoolTime(now, timeZone), reasons };
  const metadata = withForcedAvailability(fields["metadata"], forced);
  const times = fields["state"] === SlotState.ALLOCATED ? { last_released_at: forced.at } : {};
  writeSlotRecord({
    fields: { ...fields, ...times, state: SlotState.AVAILABLE, metadata },
    path: slot.recordPath,
    now,
    timeZone,
  });
  return { outcome: "done", detail: `${slot.slotId} is available, with ${reasons.join(", ")} not repaired` };
}
