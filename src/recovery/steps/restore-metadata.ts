import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { CorruptionReason } from "../../anomalies/corruption-reason.ts";
import { judgeActivity } from "../../anomalies/detect-long-allocated-slot.ts";
import { formatPoolTime } from "../../pool/records/local-time.ts";
import { isJsonObject, isSlotState, SlotState, type JsonObject } from "../../pool/records/slot-record.ts";
import { moveToQuarantine } from "../../salvage/quarantine.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { isManual } from "../recovery-request.ts";
import { saveWork } from "../../salvage/save/save-work.ts";
import { rebuildSlotFields, writeSlotRecord } from "../../pool/records/slot-record-writer.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { concerns, type Fault } from "../plan/fault-parts.ts";
import type { RecoveryStep } from "./recovery-step.ts";

export const restoreMetadataStep: RecoveryStep = {
  action: "restore_metadata",
  savesWork: false,
  replacesRepository: false,
  // It writes the last word on the state, which only a slot that is sound otherwise gets.
  isRepeated: true,
  helps: (fault) => {
    // A new clone brings the metadata of a slot that is gone.
    if (fault.layout === "clone" && fault.reasons.includes("slot_missing")) return false;
    const isOther = fault.reasons.some((reason) => reason !== "state_error" && isOfMetadata(reason));
    return isOther || isMetadataAlone(fault);
  },
  needsDeepLook: (fault) => !fault.isStateKnown && isMetadataAlone(fault),
  execute: restoreMetadata,
};

function isMetadataAlone({ reasons }: Pick<Fault, "reasons">): boolean {
  return reasons.length > 0 && reasons.every(isOfMetadata);
}

function isOfMetadata(reason: CorruptionReason): boolean {
  return concerns({ reasons: [reason] }, "metadata");
}

/**
 * Step 2: writes slot.json from our copy, the pool, the repository and what the old one still says. If no state is known,
 * work is saved first, unless somebody may be working in the slot. A slot whose state was lost, or that is in `error`, becomes
 * available only if a deep look found nothing else wrong; until then it is in `error`.
 */
async function restoreMetadata(context: RecoveryContext): Promise<ActionResult> {
  const { slot, pool } = context;
  if (!isReallyInside(pool.directory, dirname(slot.recordPath))) {
    return { outcome: "refused", reason: "unsafe_path", detail: `${slot.recordPath} leads out of the pool` };
  }
  const copy = context.knownGood.readSlot(slot.slotId)?.fields;
  const isStateKnown = slot.reading.kind === "valid" || isSlotState(copy?.["state"]);
  const inUse = isStateKnown ? undefined : describeUse(context);
  if (inUse !== undefined) return { outcome: "failed", detail: `slot.json says no state, and ${inUse}` };
  // The next allocation cleans the slot.
  const saved = isStateKnown ? undefined : await saveWork(context, "metadata_lost");
  if (saved?.kind === "incomplete")
    return { outcome: "refused", reason: "salvage_incomplete", detail: saved.detail };
  writeRecord(context, copy);
  const source = copy === undefined ? "the pool and the repository" : "our copy, the pool and the repository";
  const detail = `wrote ${slot.recordPath} from ${source}`;
  return saved?.kind === "saved"
    ? { outcome: "done", detail, salvageId: saved.salvageId }
    : { outcome: "done", detail };
}

function writeRecord(context: RecoveryContext, copy: JsonObject | undefined): void {
  const { slot, pool, inspection, clock, timeZone } = context;
  const now = clock.now();
  const fields = rebuildSlotFields(slot, pool, { now, timeZone, tip: inspection, copy });
  if (readEntry(slot.recordPath).kind !== "missing") {
    moveToQuarantine(slot.recordPath, { ...context, slotId: slot.slotId });
  }
  mkdirSync(dirname(slot.recordPath), { recursive: true });
  writeSlotRecord({ fields: withEarnedState(context, fields), path: slot.recordPath, now, timeZone });
}

/** Repair keeps a state that is known; `available` is earned by a deep look that found nothing else. */
function withEarnedState(
  { slot, reasons, isProven, clock, timeZone }: RecoveryContext,
  fields: JsonObject,
): JsonObject {
  const wasAvailable = slot.reading.kind === "valid" && slot.reading.record.state === SlotState.AVAILABLE;
  if (fields["state"] !== SlotState.AVAILABLE || wasAvailable) return fields;
  const metadata = isJsonObject(fields["metadata"]) ? fields["metadata"] : {};
  if (isProven && isMetadataAlone({ reasons })) return { ...fields, metadata: withoutError(metadata) };
  const error = {
    error_at: formatPoolTime(clock.now(), timeZone),
    error_reason: "not checked since a repair",
  };
  return { ...fields, state: SlotState.ERROR, metadata: { ...metadata, ...error } };
}

function withoutError(metadata: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(metadata).filter(([name]) => name !== "error_at" && name !== "error_reason"),
  );
}

/** Why the slot may be allocated although nothing says so; a person's run continues if processes cannot be seen. */
function describeUse({ inspection, thresholds, clock, trigger }: RecoveryContext): string | undefined {
  const activity = judgeActivity(inspection, thresholds, clock.now());
  if (activity === "alive") return "somebody works in the slot";
  const isUnseen = activity === "unknown" && !isManual({ trigger });
  return isUnseen ? "the processes of this machine cannot be seen" : undefined;
}
