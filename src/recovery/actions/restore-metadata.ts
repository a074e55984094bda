import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { locateRepository } from "../../inspection/worktree-links.ts";
import { readUnsavedWork } from "../../inspection/unsaved-work.ts";
import { judgeActivity } from "../../anomalies/detect-long-allocated-slot.ts";
import { moveToQuarantine } from "../quarantine.ts";
import type { ActionResult, RecoveryContext } from "../recovery-context.ts";
import { saveSlot } from "../salvage/save-slot.ts";
import { rebuildSlotFields, writeSlotRecord } from "../slot-record-writer.ts";
import { readEntry } from "../../platform/regular-file.ts";

const gitTimeoutSeconds = 60;

/** Rung 2: writes slot.json anew from the pool, the repository and what the old one still says. */
export async function restoreMetadata(context: RecoveryContext): Promise<ActionResult> {
  const { slot, pool, inspection, clock, timeZone } = context;
  const isStateKnown = slot.reading.kind === "valid";
  if (!isStateKnown && judgeActivity(inspection, context.thresholds, clock.now()) === "alive") {
    return { outcome: "failed", detail: "slot.json is damaged while a process works in the slot" };
  }
  const saved = isStateKnown ? undefined : await saveUnsavedWork(context);
  if (saved?.kind === "incomplete")
    return { outcome: "refused", reason: "salvage_incomplete", detail: saved.detail };
  const fields = rebuildSlotFields(slot, pool, { now: clock.now(), timeZone, tip: inspection });
  if (readEntry(slot.recordPath).kind !== "missing") {
    moveToQuarantine(slot.recordPath, { ...context, slotId: slot.slotId });
  }
  mkdirSync(dirname(slot.recordPath), { recursive: true });
  writeSlotRecord({ fields, path: slot.recordPath, now: clock.now(), timeZone });
  const detail = `wrote ${slot.recordPath} from the pool and the repository`;
  return saved === undefined
    ? { outcome: "done", detail }
    : { outcome: "done", detail, salvageId: saved.salvageId };
}

/** With no known state the slot becomes available, and the next allocation cleans it: save first what is nowhere else. */
async function saveUnsavedWork(context: RecoveryContext) {
  const { directories } = locateRepository(context.slot, context.pool.directory);
  if (directories === undefined) return undefined;
  const kinds = await readUnsavedWork(directories, context.slot.path, { timeoutSeconds: gitTimeoutSeconds });
  return kinds.length === 0 ? undefined : saveSlot(context, "metadata_lost");
}
