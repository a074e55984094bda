import { sidecarMetrics } from "../metrics/catalogue.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Logger } from "../platform/logger.ts";
import type { RecoveryReport } from "../recovery/recovery-report.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";

export interface RecoveryRunnerOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  recover(request: RecoveryRequest): Promise<RecoveryReport>;
  /** Looks at the pools again, so that what is served shows what the run changed. */
  collect(): Promise<void>;
}

/** Runs the recoveries of `serve`: each is logged and counted. */
export class RecoveryRunner {
  readonly #options: RecoveryRunnerOptions;

  constructor(options: RecoveryRunnerOptions) {
    this.#options = options;
  }

  async run(request: RecoveryRequest): Promise<RecoveryReport> {
    const { logger, metrics } = this.#options;
    const { recoveryId, trigger, slotId } = request;
    metrics.increment(sidecarMetrics.recoveryRuns, { trigger });
    logger.info({ recoveryId, trigger, slotId }, "recovery.started");
    try {
      const report = await this.#options.recover(request);
      this.#countReport(request, report);
      const { actions, errors, ...results } = report;
      logger.info({ recoveryId, ...results, actionCount: actions.length, errors }, "recovery.finished");
      return report;
    } catch (error) {
      metrics.increment(sidecarMetrics.recoveryRunFailures, { trigger });
      throw error;
    } finally {
      await this.#options.collect();
    }
  }

  #countReport({ trigger }: RecoveryRequest, report: RecoveryReport): void {
    const { metrics } = this.#options;
    const mode = report.dryRun ? "dry_run" : "live";
    if (report.errors.length > 0) metrics.increment(sidecarMetrics.recoveryRunFailures, { trigger });
    for (const { action, outcome, reason, repoName } of report.actions) {
      if (outcome === "refused") metrics.increment(sidecarMetrics.skipped, { action, reason });
      else metrics.increment(sidecarMetrics.actions, { action, mode });
      if (outcome === "failed") metrics.increment(sidecarMetrics.actionFailures, { action, mode });
      if (outcome !== "done") continue;
      const pool = { pool: repoName };
      if (action === "release") metrics.increment(sidecarMetrics.slotsReleased, pool);
      else if (action === "isolate") metrics.increment(sidecarMetrics.slotsIsolated, pool);
      else if (action === "move_slot_lock") metrics.increment(sidecarMetrics.locksCleaned, pool);
    }
  }
}
