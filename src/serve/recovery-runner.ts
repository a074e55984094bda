import { asError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import type { CloneBudget } from "../recovery/guards/clone-budget.ts";
import type { RecoveryReport } from "../recovery/recovery-report.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";
import type { RecoveryService } from "../recovery/recovery-service.ts";
import type { Leadership } from "../pool/locks/leadership.ts";
import type { JournalFeed } from "./journal/journal-feed.ts";
import { failedLine, plannedLines } from "./journal/unjournaled-lines.ts";
import type { Collector } from "./watch/collector.ts";
import type { SlotStateStore } from "./watch/slot-state-store.ts";

export interface RecoveryRunnerOptions {
  readonly logger: Logger;
  readonly journalFeed: Pick<JournalFeed, "during" | "addLines">;
  readonly live: { readonly services: { readonly recovery: Pick<RecoveryService, "run"> } };
  readonly slotStates: Pick<SlotStateStore, "deep">;
  readonly leadership: Pick<Leadership, "isLeader">;
  readonly collector: Pick<Collector, "collect">;
}

/** Runs the recoveries of `serve`: each is logged, and counted by what the journal says of it. */
export class RecoveryRunner {
  readonly #options: RecoveryRunnerOptions;
  #cloneBudget: CloneBudget | undefined;

  constructor(options: RecoveryRunnerOptions) {
    this.#options = options;
  }

  /** Sets the fleet's clone budget: the fleet is joined after this object was built. */
  boundClones(budget: CloneBudget): void {
    this.#cloneBudget = budget;
  }

  async run(request: RecoveryRequest): Promise<RecoveryReport> {
    const { logger, journalFeed } = this.#options;
    const { recoveryId, trigger, requestedBy, slotId } = request;
    const { dryRun } = request.options;
    logger.info({ recoveryId, trigger, requestedBy, slotId, dryRun }, "recovery.started");
    try {
      const report = await journalFeed.during(() => this.#recover(request));
      journalFeed.addLines(plannedLines(request, report));
      const { actions, errors, ...results } = report;
      logger.info({ recoveryId, ...results, actionCount: actions.length, errors }, "recovery.finished");
      return report;
    } catch (error) {
      logger.error({ recoveryId, err: asError(error).message }, "recovery.failed");
      journalFeed.addLines([failedLine(request)]);
      throw error;
    } finally {
      // Collect now, so that metrics and page show what the run changed.
      await this.#options.collector.collect();
    }
  }

  #recover(request: RecoveryRequest): Promise<RecoveryReport> {
    const { live, leadership, slotStates } = this.#options;
    const isLeader = (): boolean => leadership.isLeader();
    const cloneBudget = this.#cloneBudget;
    return live.services.recovery.run(asDeepAsKnown(request, slotStates), {
      isLeader,
      ...(cloneBudget === undefined ? {} : { cloneBudget }),
    });
  }
}

/** The run must inspect as deep as the check that found the fault, or it would find nothing to repair. */
function asDeepAsKnown(
  request: RecoveryRequest,
  slotStates: RecoveryRunnerOptions["slotStates"],
): RecoveryRequest {
  const { slotId, options } = request;
  if (slotId === undefined || (slotStates.deep(slotId)?.findings.length ?? 0) === 0) return request;
  return { ...request, options: { ...options, deep: true } };
}
