import type { Logger } from "../../platform/logger.ts";
import { SingleFlight } from "../../platform/single-flight.ts";
import type { Leadership } from "../../pool/locks/leadership.ts";
import type { ReclaimResult } from "../../recovery/execute/plan-reclaim.ts";
import type { RecoveryRequest } from "../../recovery/recovery-request.ts";
import type { LiveConfig } from "../config/live-config.ts";
import type { JournalFeed } from "../journal/journal-feed.ts";
import type { Collector } from "../watch/collector.ts";

export interface ScheduledReclaimOptions {
  readonly live: Pick<LiveConfig, "config" | "services" | "remediation">;
  readonly leadership: Pick<Leadership, "isLeader">;
  readonly journalFeed: Pick<JournalFeed, "during">;
  readonly collector: Pick<Collector, "collect">;
  readonly logger: Logger;
}

/**
 * The reclaim of `reclaim.schedule`: slots of sources that are beyond the limits which their sources set, as far as
 * `recovery.mode` permits. Only the `serve` that leads does it; what was done is in the journal, and counted from there.
 */
export class ScheduledReclaim {
  readonly #options: ScheduledReclaimOptions;
  readonly #flight = new SingleFlight();

  constructor(options: ScheduledReclaimOptions) {
    this.#options = options;
  }

  /** Never twice at once, also if a schedule that was replaced still runs one. */
  run(): Promise<void> {
    return this.#flight.run(() => this.#run());
  }

  async #run(): Promise<void> {
    const { live, leadership, logger } = this.#options;
    const { mode } = live.remediation;
    if (!leadership.isLeader()) return;
    if (mode === "off") {
      logger.info({ schedule: "reclaim", mode }, "schedule.off");
      return;
    }
    // Nothing waits for approval: a person who agrees with the plan runs the command.
    const input = { dryRun: mode !== "live" };
    const created = live.services.recovery.createRequest({ slotId: undefined, force: false, input });
    await this.#reclaim({ ...created, trigger: "schedule", requestedBy: "schedule" });
  }

  async #reclaim(request: RecoveryRequest): Promise<void> {
    const { live, leadership, journalFeed, collector, logger } = this.#options;
    const { recoveryId, options } = request;
    const scope = { slotIds: undefined, olderSeconds: undefined, needsLimits: true };
    const controls = { isLeader: () => leadership.isLeader() };
    logger.info({ recoveryId, dryRun: options.dryRun }, "reclaim.started");
    try {
      const result = await journalFeed.during(() => live.services.recovery.reclaim(request, scope, controls));
      logger.info({ recoveryId, ...summarize(result) }, "reclaim.finished");
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
