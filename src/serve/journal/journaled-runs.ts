import type { JournalEntry } from "../../journal/journal-entry.ts";
import { readJournaledStep } from "../../recovery/journaled-step.ts";
import { triggers } from "../../journal/trigger.ts";
import type { ActionReport } from "../../recovery/recovery-report.ts";
import { taskOf, type Recovery } from "../../views/recovery.ts";
import { countOf } from "../../platform/count-of.ts";
import { asOneOf } from "../../platform/stored-fields.ts";
import { setNewest } from "../../platform/set-newest.ts";

const mostRuns = 100;
const mostStepsOfRun = 500;

interface Run {
  readonly recovery: Omit<Recovery, "task" | "actions" | "errors">;
  readonly errorCount: number;
  readonly steps: Map<string, ActionReport>;
}

/** The newest runs of the journal with their steps, of every process. */
export class JournaledRuns {
  readonly #runs = new Map<string, Run>();

  add(entry: JournalEntry): void {
    if (entry.kind === "run_started") this.#begin(entry);
    else if (entry.kind === "run_finished") this.#finish(entry);
    else if (entry.kind === "outcome") this.#addStep(entry);
  }

  get(recoveryId: string): Recovery | undefined {
    const run = this.#runs.get(recoveryId);
    return run === undefined ? undefined : describeRun(run);
  }

  /** Newest first. */
  list(): Recovery[] {
    return [...this.#runs.values()].reverse().map(describeRun);
  }

  #begin(entry: JournalEntry): void {
    // One run at a time holds the journal: whatever had not ended by now was interrupted.
    for (const [recoveryId, run] of this.#runs)
      if (run.recovery.status === "running") this.#change(recoveryId, { status: "failed" });
    const trigger = asOneOf(triggers, entry.trigger);
    if (trigger === undefined) return;
    const recovery = {
      recoveryId: entry.recovery_id,
      status: "running",
      trigger,
      requestedBy: entry.requested_by ?? trigger,
      slotId: entry.slot_id,
      dryRun: entry.mode === "dry_run",
      requestedAt: new Date(entry.at),
      finishedAt: undefined,
      expiresAt: undefined,
    } as const;
    const run = { recovery, errorCount: 0, steps: new Map<string, ActionReport>() };
    setNewest(this.#runs, entry.recovery_id, run, mostRuns);
  }

  #finish(entry: JournalEntry): void {
    const errorCount = countErrors(entry.data);
    const run = this.#runs.get(entry.recovery_id);
    if (run === undefined) return;
    this.#runs.set(entry.recovery_id, { ...run, errorCount });
    this.#change(entry.recovery_id, { status: "finished", finishedAt: new Date(entry.at) });
  }

  #addStep(entry: JournalEntry): void {
    const step = readJournaledStep(entry);
    const run = this.#runs.get(entry.recovery_id);
    if (run === undefined || step === undefined || run.steps.size >= mostStepsOfRun) return;
    run.steps.set(entry.step_id ?? String(run.steps.size), step);
  }

  #change(recoveryId: string, change: Partial<Run["recovery"]>): void {
    const run = this.#runs.get(recoveryId);
    if (run !== undefined) this.#runs.set(recoveryId, { ...run, recovery: { ...run.recovery, ...change } });
  }
}

function describeRun({ recovery, errorCount, steps }: Run): Recovery {
  const interrupted = recovery.status === "failed" ? ["the run was interrupted"] : [];
  const failed = errorCount === 0 ? [] : [countOf(errorCount, "error")];
  const actions = [...steps.values()];
  return { ...recovery, task: taskOf(actions), actions, errors: [...interrupted, ...failed] };
}

function countErrors(data: JournalEntry["data"]): number {
  const results = data?.["results"];
  const pools: unknown[] = typeof results === "object" && results !== null ? Object.values(results) : [];
  return pools.reduce((sum: number, pool) => {
    const errors = typeof pool === "object" && pool !== null && "errors" in pool ? pool.errors : 0;
    return sum + (typeof errors === "number" ? errors : 0);
  }, 0);
}
