import type { JournalLine } from "../metrics/recovery-totals.ts";
import { systemClock } from "../platform/clock.ts";
import { asError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import type { RecoveryReport } from "../recovery/recovery-report.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";
import type { JournalFeed } from "./journal/journal-feed.ts";

export interface RecoveryRunnerOptions {
  readonly logger: Logger;
  readonly journalFeed: JournalFeed;
  recover(request: RecoveryRequest): Promise<RecoveryReport>;
  /** Looks at the pools again, so that what is served shows what the run changed. */
  collect(): Promise<void>;
}

/** Runs the recoveries of `serve`: each is logged, and counted by what the journal says of it. */
export class RecoveryRunner {
  readonly #options: RecoveryRunnerOptions;

  constructor(options: RecoveryRunnerOptions) {
    this.#options = options;
  }

  async run(request: RecoveryRequest): Promise<RecoveryReport> {
    const { logger, journalFeed } = this.#options;
    const { recoveryId, trigger, requestedBy, slotId } = request;
    const { dryRun } = request.options;
    logger.info({ recoveryId, trigger, requestedBy, slotId, dryRun }, "recovery.started");
    try {
      const report = await journalFeed.during(() => this.#options.recover(request));
      journalFeed.addLines(plannedLines(request, report));
      const { actions, errors, ...results } = report;
      logger.info({ recoveryId, ...results, actionCount: actions.length, errors }, "recovery.finished");
      return report;
    } catch (error) {
      logger.error({ recoveryId, err: asError(error).message }, "recovery.failed");
      journalFeed.addLines([failedLine(request)]);
      throw error;
    } finally {
      await this.#options.collect();
    }
  }
}

/** A dry run changes nothing, and its steps are in no journal. */
function plannedLines({ trigger }: RecoveryRequest, { actions }: RecoveryReport): JournalLine[] {
  return actions
    .filter(({ outcome }) => outcome === "planned")
    .map(({ action, reason }) => ({
      at: systemClock.now().toISOString(),
      kind: "outcome",
      trigger,
      mode: "dry_run",
      action,
      outcome: "planned",
      reason,
    }));
}

/** A run that threw has written no end of its own. */
function failedLine({ trigger, options }: RecoveryRequest): JournalLine {
  const mode = options.dryRun ? "dry_run" : "live";
  const data = { results: { "": { errors: 1 } } };
  return { at: systemClock.now().toISOString(), kind: "run_finished", trigger, mode, data };
}
