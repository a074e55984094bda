import { randomUUID } from "node:crypto";
import type { OrphanedLock } from "../anomalies/anomaly.ts";
import type { Snapshot } from "../anomalies/snapshot.ts";
import type { Journal } from "../journal/journal.ts";
import type { Clock } from "../platform/clock.ts";
import { asError } from "../platform/coded-error.ts";
import type { RecoveryAction, RefusalReason } from "./recovery-action.ts";
import type { ActionResult, RecoveryContext, StepNote } from "./recovery-context.ts";
import type { ActionReport, RecoveryReport } from "./recovery-report.ts";
import type { RecoveryRequest } from "./recovery-request.ts";
import { ReportBuilder } from "./report-builder.ts";

/** One run: its journal lines and its report. */
export class RecoveryRun {
  readonly request: RecoveryRequest;
  readonly snapshot: Snapshot;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #report: ReportBuilder;
  #runningStepId: string | undefined;

  constructor(request: RecoveryRequest, snapshot: Snapshot, parts: { journal: Journal; clock: Clock }) {
    this.request = request;
    this.snapshot = snapshot;
    this.#journal = parts.journal;
    this.#clock = parts.clock;
    this.#report = new ReportBuilder(request.options.dryRun);
  }

  begin(): void {
    this.#append({
      kind: "run_started",
      ...(this.request.slotId === undefined ? {} : { slot_id: this.request.slotId }),
    });
  }

  stamp(): string {
    return `${this.#clock.now().toISOString().replace(/[:.]/g, "-")}-${randomUUID().slice(0, 8)}`;
  }

  /** On disk when it returns. Between two steps there is nothing to note. */
  readonly note: StepNote = (data) => {
    if (this.#runningStepId !== undefined) this.#append({ kind: "note", step_id: this.#runningStepId, data });
  };

  /** Undefined in a dry run, which only plans. */
  async step(
    context: RecoveryContext,
    what: { action: RecoveryAction; reason: string },
    act: () => Promise<ActionResult> | ActionResult,
  ): Promise<ActionResult | undefined> {
    const about = { slotId: context.slot.slotId, repoName: context.pool.repoName, ...what };
    const stepId = this.#intend(about);
    if (stepId === undefined) return undefined;
    const startedAt = this.#clock.now();
    const result = await this.#attempt(act);
    this.#conclude(about, stepId, result, startedAt);
    return result;
  }

  stepOnLock(lock: OrphanedLock, act: () => ActionResult): ActionResult | undefined {
    const about = {
      slotId: lock.slotId,
      repoName: lock.repoName,
      action: "move_slot_lock" as const,
      reason: lock.reason,
    };
    const stepId = this.#intend(about);
    if (stepId === undefined) return undefined;
    const startedAt = this.#clock.now();
    const result = act();
    this.#conclude(about, stepId, result, startedAt);
    return result;
  }

  refuse(
    slot: { slotId: string; repoName: string },
    action: RecoveryAction,
    reason: RefusalReason,
    detail: string,
  ): void {
    const about = { slotId: slot.slotId, repoName: slot.repoName, action, reason };
    this.#conclude(about, randomUUID(), { outcome: "refused", reason, detail }, this.#clock.now());
  }

  fail(message: string): void {
    this.#report.errors.push(message);
  }

  hasFailedOn(slotId: string): boolean {
    return this.#report.actions.some((action) => action.slotId === slotId && action.action === "isolate");
  }

  countReleased(): void {
    this.#report.longAllocatedReleased++;
  }

  countRecovered(): void {
    this.#report.corruptedRecovered++;
  }

  countIsolated(message: string): void {
    this.#report.corruptedIsolated++;
    this.#report.errors.push(message);
  }

  countLockCleaned(): void {
    this.#report.orphanedLocksCleaned++;
  }

  finish(): RecoveryReport {
    const report = this.#report.build();
    this.#append({ kind: "run_finished", data: { results: this.#report.resultsByPool() } });
    return report;
  }

  /** The step's id once its intent is on disk; undefined where a dry run only plans it. */
  #intend(about: StepSubject): string | undefined {
    if (this.request.options.dryRun) {
      this.#report.add({ ...about, outcome: "planned", detail: "", durationSeconds: 0 });
      return undefined;
    }
    const stepId = randomUUID();
    this.#append({ kind: "intent", step_id: stepId, ...journalFields(about) });
    this.#runningStepId = stepId;
    return stepId;
  }

  async #attempt(act: () => Promise<ActionResult> | ActionResult): Promise<ActionResult> {
    try {
      return await act();
    } catch (error) {
      return { outcome: "failed", detail: asError(error).message };
    }
  }

  #conclude(about: StepSubject, stepId: string, result: ActionResult, startedAt: Date): void {
    this.#runningStepId = undefined;
    const durationSeconds = (this.#clock.now().getTime() - startedAt.getTime()) / 1000;
    const reason = result.reason ?? about.reason;
    const salvage = result.salvageId === undefined ? {} : { salvage_id: result.salvageId };
    this.#append({
      kind: "outcome",
      step_id: stepId,
      ...journalFields({ ...about, reason }),
      outcome: result.outcome,
      detail: result.detail,
      duration_seconds: durationSeconds,
      ...salvage,
    });
    const saved = result.salvageId === undefined ? {} : { salvageId: result.salvageId };
    this.#report.add({
      ...about,
      reason,
      outcome: result.outcome,
      detail: result.detail,
      durationSeconds,
      ...saved,
    });
  }

  /** A dry run, and a run that only watches, writes nothing. */
  #append(entry: Omit<Parameters<Journal["append"]>[0], "recovery_id" | "trigger" | "mode">): void {
    if (this.request.options.dryRun && this.request.trigger === "command") return;
    const { recoveryId: recovery_id, trigger, requestedBy: requested_by, options } = this.request;
    const mode = options.dryRun ? ("dry_run" as const) : ("live" as const);
    this.#journal.append({ recovery_id, trigger, requested_by, mode, ...entry }, this.#clock.now());
  }
}

type StepSubject = Pick<ActionReport, "slotId" | "repoName" | "action" | "reason">;

function journalFields({ slotId, repoName, action, reason }: StepSubject) {
  return { slot_id: slotId, repo_name: repoName, action, reason };
}
