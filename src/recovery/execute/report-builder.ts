import { nothingDone, type ActionReport, type RecoveryReport } from "../recovery-report.ts";

/** How the journal names the guide's five results. */
const journalNames = {
  longAllocatedReleased: "long_allocated_released",
  corruptedRecovered: "corrupted_recovered",
  corruptedIsolated: "corrupted_isolated",
  orphanedLocksCleaned: "orphaned_locks_cleaned",
  errors: "errors",
} as const;
type Result = keyof typeof journalNames;
export type CountedResult = Exclude<Result, "errors">;

/** Collects the results of a run that acts, while it goes on. */
export class ReportBuilder {
  readonly #errors: string[] = [];
  readonly #actions: ActionReport[] = [];
  readonly #counts = new Map<string, Record<Result, number>>();

  add(action: ActionReport): void {
    this.#actions.push(action);
  }

  count(repoName: string, result: CountedResult): void {
    this.#ofPool(repoName)[result]++;
  }

  addError(repoName: string, message: string): void {
    this.#errors.push(message);
    this.#ofPool(repoName).errors++;
  }

  build(): RecoveryReport {
    const sum = (result: Result): number =>
      [...this.#counts.values()].reduce((total, counts) => total + counts[result], 0);
    return {
      longAllocatedReleased: sum("longAllocatedReleased"),
      corruptedRecovered: sum("corruptedRecovered"),
      corruptedIsolated: sum("corruptedIsolated"),
      orphanedLocksCleaned: sum("orphanedLocksCleaned"),
      errors: [...this.#errors],
      dryRun: false,
      actions: [...this.#actions],
    };
  }

  /** The guide's five results for each pool, as the journal keeps them. */
  resultsByPool(): Record<string, Record<string, number>> {
    const byName = (counts: Record<Result, number>): Record<string, number> =>
      Object.fromEntries(
        Object.entries(journalNames).map(([result, name]) => [name, counts[result as Result]]),
      );
    return Object.fromEntries([...this.#counts].map(([repoName, counts]) => [repoName, byName(counts)]));
  }

  #ofPool(repoName: string): Record<Result, number> {
    const known = this.#counts.get(repoName);
    if (known !== undefined) return known;
    const counts = { ...nothingDone, errors: 0 };
    this.#counts.set(repoName, counts);
    return counts;
  }
}
