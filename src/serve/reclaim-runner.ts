import { asError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import type { Leadership } from "../pool/locks/leadership.ts";
import { reportReclaimPlan, type ReclaimResult } from "../recovery/execute/plan-reclaim.ts";
import type { RecoveryReport } from "../recovery/recovery-report.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";
import type { RecoveryService } from "../recovery/recovery-service.ts";
import type { JournalFeed } from "./journal/journal-feed.ts";
import { failedLine, plannedLines } from "./journal/unjournaled-lines.ts";
import type { Collector } from "./watch/collector.ts";

export interface ReclaimRunnerOptions {
  readonly logger: Logger;
  readonly journalFeed: Pick<JournalFeed, "during" | "addLines">;
  readonly live: { readonly services: { readonly recovery: Pick<RecoveryService, "reclaim"> } };
  readonly leadership: Pick<Leadership, "isLeader">;
  readonly collector: Pick<Collector, "collect">;
}

/** Slots of sources that are beyond the limits which their sources set; sources without a limit are left alone. */
const scope = { slotIds: undefined, olderSeconds: undefined, needsLimits: true };

/** Runs the reclaims of `serve`: each is logged, and counted by what the journal says of it. */
export class ReclaimRunner {
  readonly #options: ReclaimRunnerOptions;

  constructor(options: ReclaimRunnerOptions) {
    this.#options = options;
  }

  async run(request: RecoveryRequest): Promise<RecoveryReport> {
    const { live, leadership, journalFeed, collector, logger } = this.#options;
    const { recoveryId, options } = request;
    const controls = { isLeader: () => leadership.isLeader() };
    logger.info({ recoveryId, dryRun: options.dryRun }, "reclaim.started");
    try {
      const result = await journalFeed.during(() => live.services.recovery.reclaim(request, scope, controls));
      logger.info({ recoveryId, ...summarize(result) }, "reclaim.finished");
      const report = result.report ?? reportReclaimPlan(result.plan);
      journalFeed.addLines(plannedLines(request, report));
      return report;
    } catch (error) {
      logger.error({ recoveryId, err: asError(error).message }, "reclaim.failed");
      journalFeed.addLines([failedLine(request)]);
      throw error;
    } finally {
      // Collect now, so that metrics and page show what was reclaimed.
      await collector.collect();
    }
  }
}

function summarize({ plan, reclaimed, report }: ReclaimResult) {
  const wanted = plan.slots.filter(({ refusal }) => refusal === undefined);
  return {
    slots: wanted.map(({ slotId }) => slotId),
    bytes: wanted.reduce((sum, { bytes }) => sum + bytes, 0),
    reclaimed: [...reclaimed.values()],
    errors: [...plan.errors, ...(report?.errors ?? [])],
  };
}
