import type { ActionReport, RecoveryReport } from "./recovery-report.ts";

/** Collects a run's results while it goes on. */
export class ReportBuilder {
  longAllocatedReleased = 0;
  corruptedRecovered = 0;
  corruptedIsolated = 0;
  orphanedLocksCleaned = 0;
  readonly errors: string[] = [];
  readonly actions: ActionReport[] = [];
  readonly #isDryRun: boolean;

  constructor(isDryRun: boolean) {
    this.#isDryRun = isDryRun;
  }

  add(action: ActionReport): void {
    this.actions.push(action);
  }

  build(): RecoveryReport {
    return {
      longAllocatedReleased: this.longAllocatedReleased,
      corruptedRecovered: this.corruptedRecovered,
      corruptedIsolated: this.corruptedIsolated,
      orphanedLocksCleaned: this.orphanedLocksCleaned,
      errors: [...this.errors],
      dryRun: this.#isDryRun,
      actions: [...this.actions],
    };
  }

  /** The guide's five results for each pool, as the journal keeps them. */
  resultsByPool(): Record<string, Record<string, number>> {
    const results: Record<string, Record<string, number>> = {};
    for (const { repoName, action, outcome } of this.actions) {
      const key = outcome === "done" ? resultKeys[action] : outcome === "failed" ? "errors" : undefined;
      if (key === undefined) continue;
      const ofPool = (results[repoName] ??= {});
      ofPool[key] = (ofPool[key] ?? 0) + 1;
    }
    return results;
  }
}

const resultKeys: Readonly<Partial<Record<ActionReport["action"], string>>> = {
  release: "long_allocated_released",
  isolate: "corrupted_isolated",
  move_slot_lock: "orphaned_locks_cleaned",
};
