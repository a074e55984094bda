import type { JournalEntry } from "../journal/journal-entry.ts";
import { Journal, type JournalFollower } from "../journal/journal.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { addJournalLines, noRecoveryTotals } from "../metrics/recovery-totals.ts";
import { asError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";

/** Counts recoveries from the journal: those of commands too, and on from before a restart. */
export class JournalFeed {
  readonly #follower: JournalFollower;
  readonly #metrics: Metrics;
  readonly #logger: Logger;
  #totals = noRecoveryTotals;
  #said = "";

  constructor(options: { stateDir: string; metrics: Metrics; logger: Logger }) {
    this.#follower = new Journal(options.stateDir).follow();
    this.#metrics = options.metrics;
    this.#logger = options.logger;
  }

  /** Takes in what was written since. A journal that cannot be read is said once, and the counters stay. */
  update(): void {
    try {
      const lines = this.#follower.readNew().flatMap((entry) => expand(entry));
      this.#totals = addJournalLines(this.#totals, lines);
      this.#metrics.setRecoveryTotals(this.#totals);
    } catch (error) {
      const { message } = asError(error);
      if (message !== this.#said) this.#logger.error({ err: message }, "journal.unreadable");
      this.#said = message;
    }
  }
}

/** A carried line stands for many; the results of runs in it are sums already. */
function expand(entry: JournalEntry): JournalEntry[] {
  const { count = 1, ...line } = entry;
  if (count === 1 || entry.kind !== "run_finished") return Array<JournalEntry>(count).fill(line);
  return [line, ...Array<JournalEntry>(count - 1).fill({ ...line, data: {} })];
}
