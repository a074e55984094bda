import type { JournalEntry } from "../../journal/journal-entry.ts";
import type { JournalFollower } from "../../journal/journal.ts";
import { sidecarMetrics } from "../../metrics/catalogue.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import { addJournalLines, noRecoveryTotals, type JournalLine } from "../../metrics/recovery-totals.ts";
import { asError } from "../../platform/coded-error.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Trigger } from "../../journal/trigger.ts";
import { JournaledRuns } from "./journaled-runs.ts";
import type { Recovery } from "../../views/recovery.ts";

const pollMilliseconds = 500;

export interface JournalFeedOptions {
  readonly follower: Pick<JournalFollower, "readNew">;
  readonly metrics: Pick<Metrics, "set" | "setRecoveryTotals">;
  readonly logger: Logger;
}

/** Turns the journal into metrics, log lines and past runs, those of commands and of earlier processes included. */
export class JournalFeed {
  readonly #options: JournalFeedOptions;
  readonly #runs = new JournaledRuns();
  readonly #storms = new Map<string, Date>();
  readonly #openSteps = new Map<string, string>();
  #totals = noRecoveryTotals;
  #hasReadHistory = false;
  #problem = "";

  constructor(options: JournalFeedOptions) {
    this.#options = options;
  }

  /** Reads on; a journal that cannot be read is reported once, and what was read stays. */
  read(): void {
    const { follower, logger } = this.#options;
    try {
      const entries = follower.readNew();
      for (const entry of entries) this.#take(entry);
      this.#hasReadHistory = true;
      this.#problem = "";
      this.addLines(entries);
    } catch (error) {
      const { message } = asError(error);
      if (message !== this.#problem) logger.warn({ err: message }, "journal.unreadable");
      this.#problem = message;
    }
  }

  /** Counts what the journal does not hold: plans of dry runs, and runs that could not begin. */
  addLines(lines: readonly JournalLine[]): void {
    this.#totals = addJournalLines(this.#totals, lines);
    this.#options.metrics.setRecoveryTotals(this.#totals);
  }

  /** Reads on while a run of this process goes on, so that its steps are seen as they end. */
  async during<Result>(run: () => Promise<Result>): Promise<Result> {
    const poll = setInterval(() => {
      this.read();
    }, pollMilliseconds);
    try {
      return await run();
    } finally {
      clearInterval(poll);
      this.read();
    }
  }

  /** Newest first. */
  runs(): Recovery[] {
    return this.#runs.list();
  }

  run(recoveryId: string): Recovery | undefined {
    return this.#runs.get(recoveryId);
  }

  /** When a run of this kind last began, whichever process made it; undefined before the first. */
  lastRunAt(trigger: Trigger): Date | undefined {
    const seconds = this.#totals.triggers.get(trigger)?.lastRunAtSeconds ?? 0;
    return seconds === 0 ? undefined : new Date(seconds * 1000);
  }

  /** When a run last saw a storm in the pool. */
  lastStormOf(repoName: string): Date | undefined {
    return this.#storms.get(repoName);
  }

  #take(entry: JournalEntry): void {
    if (entry.reason === "storm" && entry.data?.["observed"] === true)
      this.#storms.set(entry.repo_name ?? "", new Date(entry.at));
    this.#runs.add(entry);
    if (!this.#hasReadHistory) return;
    this.#countOpenSteps(entry);
    this.#log(entry);
  }

  #countOpenSteps({ kind, step_id: stepId, recovery_id: recoveryId }: JournalEntry): void {
    if (kind === "intent" && stepId !== undefined) this.#openSteps.set(stepId, recoveryId);
    if (kind === "outcome" && stepId !== undefined) this.#openSteps.delete(stepId);
    if (kind === "run_finished")
      for (const [step, run] of this.#openSteps) if (run === recoveryId) this.#openSteps.delete(step);
    this.#options.metrics.set(sidecarMetrics.recoveryInProgress, this.#openSteps.size);
  }

  #log(entry: JournalEntry): void {
    const { logger } = this.#options;
    const { recovery_id: recoveryId, slot_id: slotId, action, outcome, reason } = entry;
    if (entry.kind === "intent") logger.info({ recoveryId, slotId, action, reason }, "recovery.step_started");
    if (entry.kind !== "outcome") return;
    const { repo_name: pool, detail, duration_seconds: durationSeconds, salvage_id: salvageId } = entry;
    const fields = { recoveryId, pool, slotId, action, outcome, reason, detail, durationSeconds, salvageId };
    if (outcome === "failed") logger.warn(fields, "recovery.step_finished");
    else logger.info(fields, "recovery.step_finished");
  }
}
