import { randomUUID } from "node:crypto";
import { withGitScope } from "../../git/run/git-scope.ts";
import type { Journal } from "../../journal/journal.ts";
import type { StepNote } from "../../journal/step-note.ts";
import { startStopwatch, type Clock } from "../../platform/clock.ts";
import { asError } from "../../platform/coded-error.ts";
import { formatProcessIdentity, identifyProcess } from "../../platform/process-identity.ts";
import { describeNotice } from "../plan/report-plan.ts";
import type { RecoveryAction } from "../recovery-action.ts";
import type { ActionReport, RecoveryReport } from "../recovery-report.ts";
import type { RecoveryRequest } from "../recovery-request.ts";
import type { Refusal } from "../refusal.ts";
import type { ActionResult } from "./recovery-context.ts";
import { ReportBuilder, type CountedResult } from "./report-builder.ts";
import type { NamedSlot } from "../plan/slot-facts.ts";

/** What a step is about, before anything is known of how it ends. */
export interface StepSubject extends NamedSlot {
  readonly action: RecoveryAction;
  readonly reason: string;
  /** Begins the name of everything that the step makes beside. */
  readonly stamp: string;
  /** Where the step moves things, if not in the workspaces directory: the next start undoes nothing anywhere else. */
  readonly places?: readonly string[];
}

/** How a step ended, and whether the check that reported the slot passes now. */
export interface StepEnd extends ActionResult {
  readonly hasRecovered?: boolean;
}

type Act = (note: StepNote) => Promise<StepEnd> | StepEnd;

/** One run that acts: its journal lines and its report. */
export class RecoveryRun {
  readonly #request: RecoveryRequest;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #report = new ReportBuilder();
  /** What a guard said, until the slot's next step reports it: a person's run continues. */
  readonly #notices = new Map<string, string>();

  constructor(request: RecoveryRequest, parts: { journal: Journal; clock: Clock }) {
    this.#request = request;
    this.#journal = parts.journal;
    this.#clock = parts.clock;
  }

  begin(): void {
    const { slotId } = this.#request;
    const self = identifyProcess(process.pid);
    this.#append({
      kind: "run_started",
      slot_id: slotId,
      data: self && { owner: formatProcessIdentity(self) },
    });
  }

  /**
   * Writes the intent, acts, and writes the outcome. `act` gets what it notes its changes with; the git commands that
   * it starts are recorded by themselves.
   */
  async step(about: StepSubject, act: Act): Promise<StepEnd> {
    const stepId = randomUUID();
    const { stamp, places } = about;
    this.#append({ kind: "intent", step_id: stepId, ...journalFields(about), data: { stamp, places } });
    const note: StepNote = (data) => {
      this.#append({ kind: "note", step_id: stepId, data });
    };
    const onStarted = (pid: number): void => {
      const group = identifyProcess(pid);
      if (group !== undefined) note({ process_group: formatProcessIdentity(group) });
    };
    const { recoveryId } = this.#request;
    const elapsedSeconds = startStopwatch();
    const end = await withGitScope({ inheritedDescriptors: [], recoveryId, onStarted }, () =>
      attempt(act, note),
    );
    this.#conclude(about, { stepId, end, durationSeconds: elapsedSeconds() });
    return end;
  }

  /** A guard's answer in place of a step. */
  refuse(about: Omit<StepSubject, "reason" | "stamp">, { reason, detail, data }: Refusal): void {
    const end = { outcome: "refused" as const, reason, detail };
    this.#conclude({ ...about, reason }, { stepId: randomUUID(), end, durationSeconds: 0, data });
  }

  /** A guard's refusal that a person's run only reports, with the slot's next step. */
  notice(slotId: string, refusal: Refusal): void {
    this.#notices.set(slotId, describeNotice(refusal));
  }

  fail(repoName: string, message: string): void {
    this.#report.addError(repoName, message);
  }

  count(repoName: string, result: CountedResult): void {
    this.#report.count(repoName, result);
  }

  finish(): RecoveryReport {
    this.#append({ kind: "run_finished", data: { results: this.#report.resultsByPool() } });
    return this.#report.build();
  }

  #conclude(
    about: Omit<StepSubject, "stamp">,
    step: { stepId: string; end: StepEnd; durationSeconds: number; data?: Refusal["data"] },
  ): void {
    const { stepId, end, durationSeconds } = step;
    const reason = end.reason ?? about.reason;
    const notice = this.#takeNotice(about.slotId);
    const detail = notice === undefined ? end.detail : `${end.detail}; ${notice}`;
    const data = end.hasRecovered === true ? { ...step.data, recovered: true } : step.data;
    this.#append({
      kind: "outcome",
      step_id: stepId,
      ...journalFields({ ...about, reason }),
      outcome: end.outcome,
      detail,
      duration_seconds: durationSeconds,
      salvage_id: end.salvageId,
      data,
    });
    const { slotId, repoName, action } = about;
    this.#report.add({
      ...{ slotId, repoName, action, reason, outcome: end.outcome, detail, durationSeconds },
      ...(end.salvageId === undefined ? {} : { salvageId: end.salvageId }),
    });
  }

  #takeNotice(slotId: string): string | undefined {
    const notice = this.#notices.get(slotId);
    this.#notices.delete(slotId);
    return notice;
  }

  /** @throws if the line cannot be kept: nothing is then done. */
  #append(entry: Omit<Parameters<Journal["append"]>[0], "recovery_id" | "trigger" | "mode">): void {
    const { recoveryId: recovery_id, trigger, requestedBy: requested_by } = this.#request;
    this.#journal.append({ recovery_id, trigger, requested_by, mode: "live", ...entry }, this.#clock.now());
  }
}

async function attempt(act: Act, note: StepNote): Promise<StepEnd> {
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
}: Pick<ActionReport, "slotId" | "repoName" | "action" | "reason">) {
  return { slot_id: slotId, repo_name: repoName, action, reason };
}
