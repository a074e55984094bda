import { asError } from "../platform/coded-error.ts";
import type { LogFields, Logger } from "../platform/logger.ts";
import type { Leadership } from "../pool/locks/leadership.ts";
import { reportReclaimPlan, type ReclaimResult } from "../recovery/execute/plan-reclaim.ts";
import type { CloneBudget } from "../recovery/guards/clone-budget.ts";
import type { RecoveryReport } from "../recovery/recovery-report.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";
import type { RecoveryService } from "../recovery/recovery-service.ts";
import type { JournalFeed } from "./journal/journal-feed.ts";
import { failedLine, plannedLines } from "./journal/unjournaled-lines.ts";
import type { Collector } from "./watch/collector.ts";
import type { SlotStateStore } from "./watch/slot-state-store.ts";

export interface RecoveryRunnerOptions {
  readonly logger: Logger;
  readonly journalFeed: Pick<JournalFeed, "during" | "addLines">;
  readonly live: { readonly services: { readonly recovery: Pick<RecoveryService, "run" | "reclaim"> } };
  readonly slotStates: Pick<SlotStateStore, "deep">;
  readonly leadership: Pick<Leadership, "isLeader">;
  readonly collector: Pick<Collector, "collect">;
}

/** What a run did, and what its last log line says of it. */
interface EndedRun {
  readonly report: RecoveryReport;
  readonly fields: LogFields;
}

/** Slots of sources that are beyond the limits which their sources set; sources without a limit are left alone. */
const reclaimScope = { slotIds: undefined, olderSeconds: undefined, needsLimits: true };

/** Runs the recoveries and reclaims of `serve`: each is logged, and counted by what the journal says of it. */
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
    const { logger, journalFeed, collector } = this.#options;
    const { recoveryId, trigger, requestedBy, slotId } = request;
    const { dryRun } = request.options;
    const isReclaim = request.task === "reclaim";
    const said = isReclaim ? "reclaim" : "recovery";
    logger.info({ recoveryId, trigger, requestedBy, slotId, dryRun }, `${said}.started`);
    try {
      const { report, fields } = await journalFeed.during(() =>
        isReclaim ? this.#reclaim(request) : this.#recover(request),
      );
      journalFeed.addLines(plannedLines(request, report));
      logger.info({ recoveryId, ...fields }, `${said}.finished`);
      return report;
    } catch (error) {
      logger.error({ recoveryId, err: asError(error).message }, `${said}.failed`);
      journalFeed.addLines([failedLine(request)]);
      throw error;
    } finally {
      // Collect now, so that metrics and page show what the run changed.
      await collector.collect();
    }
  }

  async #recover(request: RecoveryRequest): Promise<EndedRun> {
    const { live, leadership, slotStates } = this.#options;
    const controls = { isLeader: () => leadership.isLeader(), cloneBudget: this.#cloneBudget };
    const report = await live.services.recovery.run(asDeepAsKnown(request, slotStates), controls);
    const { actions, errors, ...results } = report;
    return { report, fields: { ...results, actionCount: actions.length, errors } };
  }

  async #reclaim(request: RecoveryRequest): Promise<EndedRun> {
    const { live, leadership } = this.#options;
    const controls = { isLeader: () => leadership.isLeader() };
    const result = await live.services.recovery.reclaim(request, reclaimScope, controls);
    return { report: result.report ?? reportReclaimPlan(result.plan), fields: summarize(result) };
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

function summarize({ plan, reclaimed, report }: ReclaimResult): LogFields {
  const wanted = plan.slots.filter(({ refusal }) => refusal === undefined);
  return {
    slots: wanted.map(({ slotId }) => slotId),
    bytes: wanted.reduce((sum, { bytes }) => sum + bytes, 0),
    reclaimed: [...reclaimed.values()],
    errors: [...plan.errors, ...(report?.errors ?? [])],
  };
}
