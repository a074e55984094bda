import type { JournalEntry } from "../journal/journal-entry.ts";
import type { Clock } from "../platform/clock.ts";
import { readJournaledStep } from "../recovery/journaled-step.ts";
import type { ActionReport } from "../recovery/recovery-report.ts";
import { triggers } from "../journal/trigger.ts";
import type { RecoveryRecord } from "../remediation/queue/recovery-queue.ts";
import { isActive } from "../remediation/queue/recovery-queue.ts";
import type { Database } from "./database.ts";
import {
  endUnknown,
  readStepCounts,
  writeRecoveries,
  writeSteps,
  type AuditedRecovery,
  type AuditedStep,
} from "./recovery-audit.ts";
import { asOneOf } from "../platform/stored-fields.ts";
import { secondsBetween } from "../platform/clock.ts";

/** What a host's audit is made of: the journal and the recovery records. Both survive a restart and an outage of PostgreSQL. */
export interface AuditSources {
  readonly clock: Pick<Clock, "now">;
  /** A new reader of the journal, which begins with all that is kept. */
  followJournal(): { readNew(): readonly JournalEntry[] };
  records(): readonly RecoveryRecord[];
  /** When a recovery that waits for approval expires. */
  expiresAt(record: RecoveryRecord): Date | undefined;
}

/**
 * Writes the journal's runs and steps, and the queue's recoveries, to the fleet's audit. After a new connection it
 * writes what the database lacks, whether an outage kept it back or the database lost it.
 */
export class AuditWriter {
  readonly #sources: AuditSources;
  #opened = -1;
  #follower: { readNew(): readonly JournalEntry[] } | undefined;
  /** Entries that were read and are not written yet. */
  #unwritten: readonly JournalEntry[] = [];
  /** What was last written of each record, by recovery id. */
  #written = new Map<string, string>();
  /** The run that the journal has seen begin and not end. */
  #openRun: OpenRun | undefined;

  constructor(sources: AuditSources) {
    this.#sources = sources;
  }

  /** Does nothing if nothing changed. @throws PostgreSQL's error; the next call writes what is missing */
  async write(database: Database, sidecar: string, openedCount: number): Promise<void> {
    if (openedCount !== this.#opened) await this.#beginAnew(database, sidecar, openedCount);
    await this.#writeJournal(database, sidecar);
    await this.#writeRecords(database, sidecar);
  }

  async #beginAnew(database: Database, sidecar: string, openedCount: number): Promise<void> {
    this.#follower = this.#sources.followJournal();
    this.#unwritten = withoutKnown(this.#follower.readNew(), await readStepCounts(database, sidecar));
    this.#written = new Map();
    this.#openRun = undefined;
    const openRun = await this.#writeJournal(database, sidecar);
    await this.#writeRecords(database, sidecar);
    const open = this.#sources.records().filter(isActive);
    const openIds = open.map(({ recoveryId }) => recoveryId);
    await endUnknown(database, sidecar, [...openIds, openRun?.started.recovery_id ?? ""]);
    this.#opened = openedCount;
  }

  /** The run that goes on. */
  async #writeJournal(database: Database, sidecar: string): Promise<OpenRun | undefined> {
    this.#unwritten = [...this.#unwritten, ...(this.#follower?.readNew() ?? [])];
    if (this.#unwritten.length === 0) return this.#openRun;
    const now = this.#sources.clock.now();
    const { runs, openRun } = runsOf(this.#unwritten, this.#openRun, now);
    // Steps first: a run that is seen to have ended has all of its own.
    await writeSteps(
      database,
      sidecar,
      this.#unwritten.flatMap((entry) => stepOf(entry, now) ?? []),
    );
    // A recovery of the queue is not over with its run: that may have been its plan, which waits for approval.
    const queued = new Set(this.#sources.records().map(({ recoveryId }) => recoveryId));
    const unqueued = runs.filter(({ recoveryId }) => !queued.has(recoveryId));
    await writeRecoveries(database, sidecar, unqueued);
    this.#openRun = openRun;
    this.#unwritten = [];
    return openRun;
  }

  async #writeRecords(database: Database, sidecar: string): Promise<void> {
    const now = this.#sources.clock.now();
    const records = this.#sources.records();
    const changed = records.filter((record) => this.#written.get(record.recoveryId) !== versionOf(record));
    if (changed.length === 0) return;
    const rows = changed.map((record) => describeRecord(record, this.#sources.expiresAt(record), now));
    await writeRecoveries(database, sidecar, rows);
    this.#written = new Map(records.map((record) => [record.recoveryId, versionOf(record)]));
  }
}

/** The journal without the runs that have ended and whose steps are all in the audit. */
function withoutKnown(
  entries: readonly JournalEntry[],
  stepCounts: ReadonlyMap<string, number>,
): readonly JournalEntry[] {
  const missing = new Map(stepCounts);
  for (const entry of entries)
    if (stepOf(entry, new Date(0)) !== undefined)
      missing.set(entry.recovery_id, (missing.get(entry.recovery_id) ?? 0) - 1);
  return entries.filter(({ recovery_id: id }) => !stepCounts.has(id) || (missing.get(id) ?? 0) < 0);
}

/** What of a record can change. */
function versionOf({ state, report, error, by }: RecoveryRecord): string {
  return `${state} ${by ?? ""} ${error ?? ""} ${report === undefined ? "" : report.actions.length}`;
}

function describeRecord(record: RecoveryRecord, expiresAt: Date | undefined, now: Date): AuditedRecovery {
  const { request, report, error, state } = record;
  return {
    recoveryId: record.recoveryId,
    state,
    trigger: request.trigger,
    requestedBy: request.requestedBy,
    policy: record.policy,
    alert: record.alert,
    target: record.target,
    slotId: request.slotId,
    dryRun: request.options.dryRun,
    requestedAgeSeconds: ageOf(record.queuedAt, now),
    finishedAgeSeconds: record.finishedAt === undefined ? undefined : ageOf(record.finishedAt, now),
    expiresInSeconds: expiresAt === undefined ? undefined : -ageOf(expiresAt, now),
    // What was done is in the journal.
    planned: report?.actions.filter(isPlanned) ?? [],
    errors: report?.errors ?? (error === undefined ? [] : [error]),
  };
}

interface OpenRun {
  readonly started: JournalEntry;
  readonly planned: readonly ActionReport[];
}

/** The runs of these lines, each as it stands after the last of them: one run at a time holds the journal. */
function runsOf(entries: readonly JournalEntry[], open: OpenRun | undefined, now: Date) {
  const runs = new Map<string, AuditedRecovery>();
  let openRun = open;
  for (const entry of entries) {
    const isOfOpen = openRun?.started.recovery_id === entry.recovery_id;
    if (entry.kind === "run_started") {
      if (openRun !== undefined && !isOfOpen) put(runs, interrupted(openRun, now));
      openRun = { started: entry, planned: [] };
      put(runs, runningRun(openRun, now));
    }
    if (openRun === undefined || !isOfOpen) continue;
    const step = entry.kind === "outcome" ? readJournaledStep(entry) : undefined;
    if (step !== undefined && isPlanned(step)) openRun = { ...openRun, planned: [...openRun.planned, step] };
    if (entry.kind === "run_finished") {
      put(runs, finishedRun(openRun, entry, now));
      openRun = undefined;
    }
  }
  return { runs: [...runs.values()], openRun };
}

function isPlanned({ outcome }: ActionReport): boolean {
  return outcome === "planned";
}

function put(runs: Map<string, AuditedRecovery>, run: AuditedRecovery | undefined): void {
  if (run !== undefined) runs.set(run.recoveryId, run);
}

function runningRun({ started, planned }: OpenRun, now: Date): AuditedRecovery | undefined {
  const trigger = asOneOf(triggers, started.trigger);
  if (trigger === undefined) return undefined;
  return {
    recoveryId: started.recovery_id,
    state: "running",
    trigger,
    requestedBy: started.requested_by ?? trigger,
    policy: undefined,
    alert: undefined,
    target: started.slot_id === undefined ? "all" : `slot:${started.slot_id}`,
    slotId: started.slot_id,
    dryRun: started.mode === "dry_run",
    requestedAgeSeconds: ageOf(new Date(started.at), now),
    finishedAgeSeconds: undefined,
    expiresInSeconds: undefined,
    planned,
    errors: [],
  };
}

function finishedRun(open: OpenRun, ended: JournalEntry, now: Date): AuditedRecovery | undefined {
  const run = runningRun(open, now);
  return run && { ...run, state: "finished", finishedAgeSeconds: ageOf(new Date(ended.at), now) };
}

function interrupted(open: OpenRun, now: Date): AuditedRecovery | undefined {
  const run = runningRun(open, now);
  return run && { ...run, state: "failed", errors: ["the run was interrupted"] };
}

/** Lines that stand for many of files that are gone say of no step, and a plan is none. */
function stepOf(entry: JournalEntry, now: Date): AuditedStep | undefined {
  const report = entry.kind === "outcome" && entry.count === undefined ? readJournaledStep(entry) : undefined;
  if (report === undefined || isPlanned(report)) return undefined;
  return {
    recoveryId: entry.recovery_id,
    stepId: entry.step_id ?? [entry.at, entry.slot_id ?? "", report.action].join(" "),
    ageSeconds: ageOf(new Date(entry.at), now),
    report,
  };
}

/** 0 if what was written is no time. */
function ageOf(instant: Date, now: Date): number {
  const seconds = secondsBetween(instant, now);
  return Number.isFinite(seconds) ? seconds : 0;
}
