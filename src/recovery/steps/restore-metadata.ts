import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { judgeActivity } from "../../anomalies/detect-long-allocated-slot.ts";
import { isSlotState } from "../../pool/records/slot-record.ts";
import { moveToQuarantine } from "../../salvage/quarantine.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { isManual } from "../recovery-request.ts";
import { saveWork } from "../../salvage/save/save-work.ts";
import { rebuildSlotFields, writeSlotRecord } from "../../pool/records/slot-record-writer.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";

/**
 * Step 2: writes slot.json anew from our copy, the pool, the repository and what the old one still says. Where no state
 * is known, the slot becomes available once its work is saved, unless somebody may be working in it.
 */
export async function restoreMetadata(context: RecoveryContext): Promise<ActionResult> {
  const { slot, pool, inspection, clock, timeZone } = context;
  if (!isReallyInside(pool.directory, dirname(slot.recordPath))) {
    return { outcome: "refused", reason: "unsafe_path", detail: `${slot.recordPath} leads out of the pool` };
  }
  const copy = context.knownGood.readSlot(slot.slotId)?.fields;
  const isStateKnown = slot.reading.kind === "valid" || isSlotState(copy?.["state"]);
  const inUse = isStateKnown ? undefined : describeUse(context);
  if (inUse !== undefined) return { outcome: "failed", detail: `slot.json says no state, and ${inUse}` };
  // With no known state the slot becomes available, and the next allocation cleans it.
  const saved = isStateKnown ? undefined : await saveWork(context, "metadata_lost");
  if (saved?.kind === "incomplete")
    return { outcome: "refused", reason: "salvage_incomplete", detail: saved.detail };
  const fields = rebuildSlotFields(slot, pool, { now: clock.now(), timeZone, tip: inspection, copy });
  if (readEntry(slot.recordPath).kind !== "missing") {
    moveToQuarantine(slot.recordPath, { ...context, slotId: slot.slotId });
  }
  mkdirSync(dirname(slot.recordPath), { recursive: true });
  writeSlotRecord({ fields, path: slot.recordPath, now: clock.now(), timeZone });
  const source = copy === undefined ? "the pool and the repository" : "our copy, the pool and the repository";
  const detail = `wrote ${slot.recordPath} from ${source}`;
  return saved?.kind === "saved"
    ? { outcome: "done", detail, salvageId: saved.salvageId }
    : { outcome: "done", detail };
}

/** Why the slot may be lent although nothing says so; a person's run goes on where processes cannot be seen. */
function describeUse({ inspection, thresholds, clock, trigger }: RecoveryContext): string | undefined {
  const activity = judgeActivity(inspection, thresholds, clock.now());
  if (activity === "alive") return "somebody works in the slot";
  const isUnseen = activity === "unknown" && !isManual({ trigger });
  return isUnseen ? "the processes of this machine cannot be seen" : undefined;
}
