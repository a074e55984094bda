import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { judgeActivity } from "../../anomalies/detect-long-allocated-slot.ts";
import { moveToQuarantine } from "../quarantine.ts";
import type { ActionResult, RecoveryContext } from "../recovery-context.ts";
import { saveWork } from "../salvage/save-work.ts";
import { rebuildSlotFields, writeSlotRecord } from "../slot-record-writer.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";

/** Rung 2: writes slot.json anew from the pool, the repository and what the old one still says. */
export async function restoreMetadata(context: RecoveryContext): Promise<ActionResult> {
  const { slot, pool, inspection, clock, timeZone } = context;
  if (!isReallyInside(pool.directory, dirname(slot.recordPath))) {
    return { outcome: "refused", reason: "unsafe_path", detail: `${slot.recordPath} leads out of the pool` };
  }
  const isStateKnown = slot.reading.kind === "valid";
  if (!isStateKnown && judgeActivity(inspection, context.thresholds, clock.now()) === "alive") {
    return { outcome: "failed", detail: "slot.json is damaged while a process works in the slot" };
  }
  // With no known state the slot becomes available, and the next allocation cleans it.
  const saved = isStateKnown ? undefined : await saveWork(context, "metadata_lost");
  if (saved?.kind === "incomplete")
    return { outcome: "refused", reason: "salvage_incomplete", detail: saved.detail };
  const fields = rebuildSlotFields(slot, pool, { now: clock.now(), timeZone, tip: inspection });
  if (readEntry(slot.recordPath).kind !== "missing") {
    moveToQuarantine(slot.recordPath, { ...context, slotId: slot.slotId });
  }
  mkdirSync(dirname(slot.recordPath), { recursive: true });
  writeSlotRecord({ fields, path: slot.recordPath, now: clock.now(), timeZone });
  const detail = `wrote ${slot.recordPath} from the pool and the repository`;
  return saved?.kind === "saved"
    ? { outcome: "done", detail, salvageId: saved.salvageId }
    : { outcome: "done", detail };
}
