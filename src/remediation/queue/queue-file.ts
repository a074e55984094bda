import { CodedError } from "../../platform/coded-error.ts";
import {
  asFields,
  asList,
  asOneOf,
  asText,
  asTexts,
  asTime,
  type StoredFields,
} from "../../platform/stored-fields.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { readStoredFile, writeStoredFile, type StoredFormat } from "../../platform/stored-file.ts";
import { fileVersion } from "../../pool/records/json-file.ts";
import { triggers } from "../../journal/trigger.ts";
import { endConditions, stepPurposes } from "../../recovery/plan/recovery-plan.ts";
import { reportActions } from "../../recovery/plan/report-plan.ts";
import { actionOutcomes, recoveryActions, refusalReasons } from "../../recovery/recovery-action.ts";
import type { ActionReport, RecoveryReport } from "../../recovery/recovery-report.ts";
import { defaultRecoveryOptions, type RecoveryOptions } from "../../recovery/plan/recovery-options.ts";
import { recoveryTasks, type RecoveryRequest } from "../../recovery/recovery-request.ts";
import type { NominatingAlert, RecoveryRecord } from "./recovery-queue.ts";

export interface SavedQueue {
  /** Those that ran when the file was written included. */
  readonly waiting: readonly RecoveryRecord[];
  readonly deliveries: readonly string[];
}

export interface QueueFile {
  /** Changes with every write. */
  version(): string;
  read(): SavedQueue;
  write(queue: SavedQueue): void;
}

const activeStates = ["queued", "waiting_for_approval", "running"] as const;

export const queueFormat: StoredFormat<SavedQueue> = {
  name: "the queue of recoveries",
  version: 1,
  maxBytes: 64 * 1024 * 1024,
  parse({ waiting, deliveries }) {
    const records = asList(waiting)?.map(readRecord);
    if (records === undefined || asList(deliveries) === undefined || records.includes(undefined))
      return undefined;
    return { waiting: records.filter((record) => record !== undefined), deliveries: asTexts(deliveries) };
  },
  format: (queue) => queue,
};

/**
 * `queue.json` of the state directory.
 * @throws CodedError `QUEUE_FILE_INVALID` if it cannot be read as a queue; `STORED_FILE_NEWER`
 */
export function queueFileAt(path: string): QueueFile {
  return {
    version: () => fileVersion(readEntry(path).stats),
    read() {
      const reading = readStoredFile(path, queueFormat);
      if (reading.kind === "missing") return { waiting: [], deliveries: [] };
      if (reading.kind === "stored") return reading.value;
      const advice = "move it aside to start with an empty queue";
      throw new CodedError("QUEUE_FILE_INVALID", `${path}: ${reading.detail}; ${advice}`);
    },
    write(queue) {
      writeStoredFile(path, queueFormat, queue);
    },
  };
}

function readRecord(value: unknown): RecoveryRecord | undefined {
  const fields = asFields(value);
  const request = readRequest(fields?.["request"]);
  const target = asText(fields?.["target"]);
  const queuedAt = asTime(fields?.["queuedAt"]);
  if (fields === undefined || request === undefined || queuedAt === undefined) return undefined;
  if (target === undefined) return undefined;
  return {
    recoveryId: request.recoveryId,
    state: asOneOf(activeStates, fields["state"]) ?? "queued",
    request,
    target,
    policy: asText(fields["policy"]),
    alert: readAlert(fields["alert"]),
    queuedAt,
    startedAt: undefined,
    finishedAt: undefined,
    report: readPlan(asFields(fields["report"])),
    error: undefined,
    by: asText(fields["by"]),
  };
}

/** What a recovery that waits for approval would do, for who reads the file; `serve` itself plans again. */
function readPlan(fields: StoredFields | undefined): RecoveryReport | undefined {
  const actions = asList(fields?.["actions"])?.flatMap((each) => readPlannedAction(asFields(each)) ?? []);
  return actions === undefined ? undefined : reportActions(actions, asTexts(fields?.["errors"]));
}

function readPlannedAction(fields: StoredFields | undefined): ActionReport | undefined {
  if (fields === undefined) return undefined;
  const [slotId, repoName] = [asText(fields["slotId"]), asText(fields["repoName"])];
  const action = asOneOf(recoveryActions, fields["action"]);
  const outcome = asOneOf(actionOutcomes, fields["outcome"]);
  if (slotId === undefined || repoName === undefined || action === undefined || outcome === undefined)
    return undefined;
  const [reason = "", detail = ""] = [asText(fields["reason"]), asText(fields["detail"])];
  return { slotId, repoName, action, outcome, reason, detail, durationSeconds: 0, ...readPlanFields(fields) };
}

function readPlanFields(fields: StoredFields): Pick<ActionReport, "purpose" | "endsWhen" | "refusedNow"> {
  const purpose = asOneOf(stepPurposes, fields["purpose"]);
  const endsWhen = asOneOf(endConditions, fields["endsWhen"]);
  const refused = asFields(fields["refusedNow"]);
  const reason = asOneOf(refusalReasons, refused?.["reason"]);
  return {
    ...(purpose === undefined ? {} : { purpose }),
    ...(endsWhen === undefined ? {} : { endsWhen }),
    ...(reason === undefined ? {} : { refusedNow: { reason, detail: asText(refused?.["detail"]) ?? "" } }),
  };
}

function readRequest(value: unknown): RecoveryRequest | undefined {
  const fields = asFields(value);
  const recoveryId = asText(fields?.["recoveryId"]);
  const requestedBy = asText(fields?.["requestedBy"]);
  const trigger = asOneOf(triggers, fields?.["trigger"]);
  const options = readOptions(asFields(fields?.["options"]));
  if (recoveryId === undefined || requestedBy === undefined) return undefined;
  if (trigger === undefined || options === undefined) return undefined;
  const slotId = asText(fields?.["slotId"]);
  const task = asOneOf(recoveryTasks, fields?.["task"]);
  const force = fields?.["force"] === true;
  return { recoveryId, ...(task && { task }), requestedBy, trigger, slotId, force, options };
}

/** Undefined unless every option is there: a missing one must never become a permission. */
function readOptions(fields: StoredFields | undefined): RecoveryOptions | undefined {
  if (fields === undefined) return undefined;
  const required = Object.entries(defaultRecoveryOptions).filter(([name]) => name !== "pool");
  if (!required.every(([name, value]) => typeof fields[name] === typeof value)) return undefined;
  const flag = (name: keyof RecoveryOptions) => fields[name] === true;
  return {
    maxAllocationHours: Number(fields["maxAllocationHours"]),
    recoverCorrupted: flag("recoverCorrupted"),
    cleanupOrphanedLocks: flag("cleanupOrphanedLocks"),
    forceReleaseLongAllocated: flag("forceReleaseLongAllocated"),
    includeAlive: flag("includeAlive"),
    pool: asText(fields["pool"]),
    deep: flag("deep"),
    dryRun: flag("dryRun"),
    allowPoolRebuild: flag("allowPoolRebuild"),
    allowRoot: flag("allowRoot"),
    restoreMissing: flag("restoreMissing"),
    lockTimeoutSeconds: Number(fields["lockTimeoutSeconds"]),
  };
}

function readAlert(value: unknown): NominatingAlert | undefined {
  const fields = asFields(value);
  const name = asText(fields?.["name"]);
  const fingerprint = asText(fields?.["fingerprint"]);
  const startsAt = asTime(fields?.["startsAt"]);
  if (name === undefined || fingerprint === undefined || startsAt === undefined) return undefined;
  return { name, fingerprint, startsAt };
}
