import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { judgeActivity } from "../../anomalies/detect-long-allocated-slot.ts";
import { findKnownState, stateLostMark } from "../../pool/records/known-state.ts";
import { isJsonObject, SlotState, type JsonObject } from "../../pool/records/slot-record.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { isStateProven } from "../guards/state-proof.ts";
import { excludeRecord } from "../repair/exclude-record.ts";
import { isManual } from "../recovery-request.ts";
import { readUnsavedWork } from "../../inspection/deep/unsaved-work.ts";
import { locateRepository } from "../../inspection/probe/worktree-links.ts";
import { holdsRecord } from "../../pool/layouts/layout.ts";
import { rebuildSlotFields, withError, writeSlotRecord } from "../../pool/records/slot-record-writer.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { concerns, type Fault, type RepairReason } from "../plan/fault-parts.ts";
import { moveAside } from "./replace-file.ts";
import type { RecoveryStep } from "./recovery-step.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { refuseRecord } from "../guards/slot-guards.ts";
import { withoutFields } from "../../platform/stored-fields.ts";

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

const workTimeoutSeconds = 60;

function isMetadataAlone({ reasons }: Pick<Fault, "reasons">): boolean {
  return reasons.length > 0 && reasons.every(isOfMetadata);
}

function isOfMetadata(reason: RepairReason): boolean {
  return concerns({ reasons: [reason] }, "metadata");
}

/**
 * Step 2: writes slot.json from our copy, the pool, the repository and what the old one still says. If no state is known,
 * it is written only if nobody can be working in the slot and nothing in it is unsaved or unpushed: else the slot stays
 * without one, and ends in isolation. A slot whose state was lost, or that is in `error`, becomes available only if a deep
 * look found nothing else wrong; until then it is in `error`.
 */
async function restoreMetadata(context: RecoveryContext): Promise<ActionResult> {
  const { slot } = context;
  const refusal = refuseRecord(context);
  if (refusal !== undefined) return { outcome: "refused", ...refusal };
  const copy = context.knownGood.readSlot(slot.slotId);
  const isKnown = isStateProven(context, copy);
  const use = isKnown ? undefined : await findUse(context);
  if (use !== undefined)
    return { outcome: "failed", detail: `nothing says whether the slot is allocated, and ${use}` };
  writeRecord(context, copy?.fields, isKnown);
  const source = copy === undefined ? "the pool and the repository" : "our copy, the pool and the repository";
  return { outcome: "done", detail: `wrote ${slot.recordPath} from ${source}` };
}

function writeRecord(context: RecoveryContext, copy: JsonObject | undefined, isKnown: boolean): void {
  const { slot, pool, inspection, clock, timeZone } = context;
  const now = clock.now();
  const fields = rebuildSlotFields(slot, pool, { now, timeZone, tip: inspection, copy });
  moveAside(context, slot.recordPath);
  mkdirSync(dirname(slot.recordPath), { recursive: true });
  const { directories } = locateRepository(uncachedReader, slot, pool);
  if (holdsRecord(slot) && directories !== undefined) excludeRecord(directories.gitDirectory);
  writeSlotRecord({
    fields: withEarnedState(context, fields, isKnown),
    path: slot.recordPath,
    now,
    timeZone,
  });
}

/** A repair keeps a state that is known. The slot becomes `available` only if a deep check found nothing else. */
function withEarnedState(
  { slot, reasons, isProven, clock, timeZone }: RecoveryContext,
  fields: JsonObject,
  isKnown: boolean,
): JsonObject {
  const ofRecord = slot.reading.kind === "valid" ? findKnownState(slot, undefined) : undefined;
  const wasAvailable = ofRecord?.state === SlotState.AVAILABLE;
  if (fields["state"] !== SlotState.AVAILABLE || wasAvailable) return fields;
  const metadata = isJsonObject(fields["metadata"]) ? fields["metadata"] : {};
  if (isProven && isMetadataAlone({ reasons }))
    return { ...fields, metadata: withoutFields(metadata, "error_at", "error_reason", stateLostMark) };
  return withError(fields, { now: clock.now(), timeZone, isStateKnown: isKnown });
}

/** Why the slot may be somebody's; a person's run goes on if processes cannot be seen. Unknown work counts as work. */
async function findUse(context: RecoveryContext): Promise<string | undefined> {
  const { inspection, thresholds, clock, trigger, slot, hasReplacedWork } = context;
  const activity = judgeActivity(inspection, thresholds, clock.now());
  if (activity === "alive") return "somebody works in the slot";
  if (activity === "unknown" && !isManual({ trigger })) return "the processes of this machine cannot be seen";
  if (hasReplacedWork) return "there was work in it, which is saved";
  const { directories } = locateRepository(uncachedReader, slot, context.pool);
  if (readEntry(slot.path).kind === "missing") return undefined;
  const options = { holdsRecord: holdsRecord(slot), timeoutSeconds: workTimeoutSeconds };
  const kinds =
    directories === undefined ? ["unknown"] : await readUnsavedWork(directories, slot.path, options);
  return kinds.length === 0 ? undefined : `there is work in it (${kinds.join(", ")})`;
}
