import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { formatJson, writeFileAtomic } from "../platform/atomic-file.ts";
import { CodedError } from "../platform/coded-error.ts";
import { fileVersion, readJsonFile } from "../pool/records/json-file.ts";
import { triggers } from "../journal/trigger.ts";
import { defaultRecoveryOptions, type RecoveryOptions } from "../recovery/plan/recovery-options.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";
import type { NominatingAlert, RecoveryRecord } from "./recovery-queue.ts";

const schemaVersion = 1;

export interface SavedQueue {
  /** What ran when the file was written is among them. */
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

type Fields = ReadonlyMap<string, unknown>;

/**
 * `queue.json` of the state directory.
 * @throws CodedError `QUEUE_FILE_INVALID` where the file is not one of ours, or of a newer version.
 */
export function queueFileAt(path: string): QueueFile {
  return {
    version: () => fileVersion(statSync(path, { throwIfNoEntry: false })),
    read() {
      const reading = readJsonFile(path);
      if (reading.kind === "missing") return { waiting: [], deliveries: [] };
      if (reading.kind !== "json") throw invalidFile(path, reading.detail);
      const saved = readQueue(reading.value);
      if (saved === undefined) throw invalidFile(path, "not a queue of this version");
      return saved;
    },
    write(queue) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileAtomic(path, formatJson({ schema_version: schemaVersion, ...queue }), { mode: 0o600 });
    },
  };
}

function invalidFile(path: string, detail: string): CodedError {
  return new CodedError(
    "QUEUE_FILE_INVALID",
    `${path}: ${detail}; move it aside to start with an empty queue`,
  );
}

function readQueue(value: unknown): SavedQueue | undefined {
  const fields = fieldsOf(value);
  const waiting = fields?.get("waiting");
  const deliveries = fields?.get("deliveries");
  if (fields?.get("schema_version") !== schemaVersion) return undefined;
  if (!Array.isArray(waiting) || !Array.isArray(deliveries)) return undefined;
  const records = waiting.map(readRecord);
  if (records.includes(undefined)) return undefined;
  return {
    waiting: records.filter((record) => record !== undefined),
    deliveries: deliveries.filter((key: unknown) => typeof key === "string"),
  };
}

function readRecord(value: unknown): RecoveryRecord | undefined {
  const fields = fieldsOf(value);
  const request = readRequest(fields?.get("request"));
  const target = fields?.get("target");
  const queuedAt = readTime(fields?.get("queuedAt"));
  if (fields === undefined || request === undefined || queuedAt === undefined) return undefined;
  if (typeof target !== "string") return undefined;
  return {
    recoveryId: request.recoveryId,
    state: activeStates.find((known) => known === fields.get("state")) ?? "queued",
    request,
    target,
    policy: readText(fields.get("policy")),
    alert: readAlert(fields.get("alert")),
    queuedAt,
    startedAt: undefined,
    finishedAt: undefined,
    report: undefined,
    error: undefined,
    by: readText(fields.get("by")),
  };
}

function readRequest(value: unknown): RecoveryRequest | undefined {
  const fields = fieldsOf(value);
  const recoveryId = readText(fields?.get("recoveryId"));
  const requestedBy = readText(fields?.get("requestedBy"));
  const trigger = triggers.find((known) => known === fields?.get("trigger"));
  const options = readOptions(fieldsOf(fields?.get("options")));
  if (recoveryId === undefined || requestedBy === undefined) return undefined;
  if (trigger === undefined || options === undefined) return undefined;
  const slotId = readText(fields?.get("slotId"));
  return { recoveryId, requestedBy, trigger, slotId, force: fields?.get("force") === true, options };
}

/** Undefined unless every option is there: a missing one must never become a permission. */
function readOptions(fields: Fields | undefined): RecoveryOptions | undefined {
  if (fields === undefined) return undefined;
  const required = Object.entries(defaultRecoveryOptions).filter(([name]) => name !== "pool");
  if (!required.every(([name, value]) => typeof fields.get(name) === typeof value)) return undefined;
  const flag = (name: keyof RecoveryOptions) => fields.get(name) === true;
  return {
    maxAllocationHours: Number(fields.get("maxAllocationHours")),
    recoverCorrupted: flag("recoverCorrupted"),
    cleanupOrphanedLocks: flag("cleanupOrphanedLocks"),
    forceReleaseLongAllocated: flag("forceReleaseLongAllocated"),
    includeAlive: flag("includeAlive"),
    pool: readText(fields.get("pool")),
    deep: flag("deep"),
    dryRun: flag("dryRun"),
    allowPoolRebuild: flag("allowPoolRebuild"),
    allowRoot: flag("allowRoot"),
    lockTimeoutSeconds: Number(fields.get("lockTimeoutSeconds")),
  };
}

function readAlert(value: unknown): NominatingAlert | undefined {
  const fields = fieldsOf(value);
  const name = readText(fields?.get("name"));
  const fingerprint = readText(fields?.get("fingerprint"));
  const startsAt = readTime(fields?.get("startsAt"));
  if (name === undefined || fingerprint === undefined || startsAt === undefined) return undefined;
  return { name, fingerprint, startsAt };
}

function fieldsOf(value: unknown): Fields | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return new Map<string, unknown>(Object.entries(value));
}

function readText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function readTime(value: unknown): Date | undefined {
  const instant = typeof value === "string" ? new Date(value) : undefined;
  return instant === undefined || Number.isNaN(instant.getTime()) ? undefined : instant;
}
