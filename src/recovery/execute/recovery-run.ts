import { randomUUID } from "node:crypto";
import { withGitScope } from "../../git/run/git-scope.ts";
import type { Journal } from "../../journal/journal.ts";
import type { Clock } from "../../platform/clock.ts";
import { asError } from "../../platform/coded-error.ts";
import { formatProcessIdentity, identifyProcess } from "../../platform/process-identity.ts";
import type { Refusal } from "../guards/unattended-guards.ts";
import type { RecoveryAction } from "../recovery-action.ts";
import type { StepNote } from "../../journal/step-note.ts";
import type { ActionResult } from "./recovery-context.ts";
import type { ActionReport, RecoveryReport } from "../recovery-report.ts";
import type { RecoveryRequest } from "../recovery-request.ts";
import { ReportBuilder } from "./report-builder.ts";

/** What a step is about, before anything is known of how it ends. */
export interface StepSubject {
  readonly slotId: string;
  readonly repoName: string;
  readonly action: RecoveryAction;
  readonly reason: string;
  /** Begins the name of everything that the step makes beside. */
  readonly stamp: string;
}

/** How a step ended, and whether the check that accused the slot passes now. */
export interface StepEnd extends ActionResult {
  readonly hasRecovered?: boolean;
}

/** One run: its journal lines and its report. */
export class RecoveryRun {
  readonly request: RecoveryRequest;
  /** Pools whose shared repository was cloned anew in this run, or could not be: it is not tried for each slot again. */
  readonly rebuiltPools = new Set<string>();
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #report: ReportBuilder;
  /** What a guard said that a person's run goes on in spite of, until the slot's next step tells it. */
  readonly #remarks = new Map<string, string>();

  constructor(request: RecoveryRequest, parts: { journal: Journal; clock: Clock }) {
    this.request = request;
    this.#journal = parts.journal;
    this.#clock = parts.clock;
    this.#report = new ReportBuilder(request.options.dryRun);
  }

  begin(): void {
    const self = identifyProcess(process.pid);
    this.#append({
      kind: "run_started",
      ...(this.request.slotId === undefined ? {} : { slot_id: this.request.slotId }),
      ...(self === undefined ? {} : { data: { owner: formatProcessIdentity(self) } }),
    });
  }

  stamp(): string {
    return `${this.#clock.now().toISOString().replace(/[:.]/g, "-")}-${randomUUID().slice(0, 8)}`;
  }

  /**
   * Writes the intent, acts, and writes the outcome. `act` gets what it notes its changes with; the git commands that
   * it starts are recorded by themselves. A dry run only plans, and gets undefined.
   */
  async step(
    about: StepSubject,
    act: (note: StepNote) => Promise<StepEnd> | StepEnd,
  ): Promise<StepEnd | undefined> {
    if (this.request.options.dryRun) {
      this.#plan(about);
      return undefined;
    }
    const stepId = randomUUID();
    this.#append({ kind: "intent", step_id: stepId, ...journalFields(about), data: { stamp: about.stamp } });
    const note: StepNote = (data) => {
      this.#append({ kind: "note", step_id: stepId, data });
    };
    const onStarted = (pid: number): void => {
      const group = identifyProcess(pid);
      if (group !== undefined) note({ process_group: formatProcessIdentity(group) });
    };
    const { recoveryId } = this.request;
    const startedAt = this.#clock.now();
    const end = await withGitScope({ inheritedDescriptors: [], recoveryId, onStarted }, () =>
      attempt(act, note),
    );
    this.#conclude(about, { stepId, end, startedAt });
    return end;
  }

  /** A guard's answer in place of a step. */
  refuse(about: Omit<StepSubject, "reason" | "stamp">, { reason, detail, data }: Refusal): void {
    const end = { outcome: "refused" as const, reason, detail };
    this.#conclude({ ...about, reason }, { stepId: randomUUID(), end, startedAt: this.#clock.now(), data });
  }

  /** For the guards that a person's run reports and passes: told with the slot's next step. */
  remark(slotId: string, { reason, detail }: Refusal): void {
    this.#remarks.set(slotId, `in spite of ${reason} (${detail})`);
  }

  fail(repoName: string, message: string): void {
    this.#report.addError(repoName, message);
  }

  count(repoName: string, result: Parameters<ReportBuilder["count"]>[1]): void {
    this.#report.count(repoName, result);
  }

  finish(): RecoveryReport {
    this.#append({ kind: "run_finished", data: { results: this.#report.resultsByPool() } });
    return this.#report.build();
  }

  #plan(about: StepSubject): void {
    const { slotId, repoName, action, reason } = about;
    const detail = this.#takeRemark(slotId);
    this.#append({
      kind: "outcome",
      ...journalFields(about),
      outcome: "planned",
      detail,
      duration_seconds: 0,
    });
    this.#report.add({ slotId, repoName, action, reason, outcome: "planned", detail, durationSeconds: 0 });
  }

  #conclude(
    about: Omit<StepSubject, "stamp">,
    step: { stepId: string; end: StepEnd; startedAt: Date; data?: Refusal["data"] },
  ): void {
    const { stepId, end, startedAt } = step;
    const durationSeconds = Math.max(0, (this.#clock.now().getTime() - startedAt.getTime()) / 1000);
    const reason = end.reason ?? about.reason;
    const remark = this.#takeRemark(about.slotId);
    const detail = remark === "" ? end.detail : `${end.detail}; ${remark}`;
    const data = end.hasRecovered === true ? { ...step.data, recovered: true } : step.data;
    this.#append({
      kind: "outcome",
      step_id: stepId,
      ...journalFields({ ...about, reason }),
      outcome: end.outcome,
      detail,
      duration_seconds: durationSeconds,
      ...(end.salvageId === undefined ? {} : { salvage_id: end.salvageId }),
      ...(data === undefined ? {} : { data }),
    });
    const { slotId, repoName, action } = about;
    this.#report.add({
      ...{ slotId, repoName, action, reason, outcome: end.outcome, detail, durationSeconds },
      ...(end.salvageId === undefined ? {} : { salvageId: end.salvageId }),
    });
  }

  #takeRemark(slotId: string): string {
    const remark = this.#remarks.get(slotId) ?? "";
    this.#remarks.delete(slotId);
    return remark;
  }

  /** @throws where a live run's line cannot be kept. A dry run makes no journal, and needs none. */
  #append(entry: Omit<Parameters<Journal["append"]>[0], "recovery_id" | "trigger" | "mode">): void {
    const { recoveryId: recovery_id, trigger, requestedBy: requested_by, options } = this.request;
    const mode = options.dryRun ? ("dry_run" as const) : ("live" as const);
    try {
      if (options.dryRun && !this.#journal.isWritable()) return;
      this.#journal.append({ recovery_id, trigger, requested_by, mode, ...entry }, this.#clock.now());
    } catch (error) {
      if (!options.dryRun) throw error;
    }
  }
}

async function attempt(
  act: (note: StepNote) => Promise<StepEnd> | StepEnd,
  note: StepNote,
): Promise<StepEnd> {
  try {
    return await act(note);
  } catch (error) {
    return { outcome: "failed", detail: asError(error).message };
  }
}

function journalFields({
  slotId,
  repoName,
  action,
  reason,
}: Omit<ActionReport, "outcome" | "detail" | "durationSeconds">) {
  return { slot_id: slotId, repo_name: repoName, action, reason };
}
