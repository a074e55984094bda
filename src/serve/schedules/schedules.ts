import { sidecarMetrics, type ScheduleName } from "../../metrics/catalogue.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import type { Logger } from "../../platform/logger.ts";
import { startSchedule, type Schedule } from "../../schedule/schedule.ts";
import type { LiveConfig } from "../config/live-config.ts";
import type { DeepCheckScheduler } from "../deep-checks/deep-check-scheduler.ts";
import type { Collector } from "../watch/collector.ts";
import type { ScheduledPrune } from "./scheduled-prune.ts";
import type { ScheduledRecovery } from "./scheduled-recovery.ts";

export interface SchedulesOptions {
  readonly live: Pick<LiveConfig, "config">;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "increment">;
  readonly collector: Pick<Collector, "collect">;
  readonly deepChecks: Pick<DeepCheckScheduler, "run">;
  readonly scheduledRecovery: Pick<ScheduledRecovery, "run">;
  readonly scheduledPrune: Pick<ScheduledPrune, "run">;
}

/** Everything that `serve` does by the clock, as the configuration in force says. */
export class Schedules {
  readonly #options: SchedulesOptions;
  #running: readonly Schedule[] = [];
  /** Stops of replaced schedules; a running tick ends by itself. */
  #stopping: Promise<unknown> = Promise.resolve();

  constructor(options: SchedulesOptions) {
    this.#options = options;
  }

  /** Replaces what runs by the schedules of the configuration in force. */
  start(): void {
    this.#stopRunning();
    const { live, collector, deepChecks, scheduledRecovery, scheduledPrune } = this.#options;
    const { collector: collection, verification, salvage, recovery } = live.config;
    this.#running = [
      this.#startOne("collector", collection.schedule, () => collector.collect()),
      this.#startOne("verification", verification.schedule, () => deepChecks.run()),
      this.#startOne("prune", salvage.pruneSchedule, () => scheduledPrune.run()),
      ...(recovery.schedule === undefined
        ? []
        : [this.#startOne("recovery", recovery.schedule, () => scheduledRecovery.run())]),
    ];
  }

  /** Resolves when the running ticks have ended. */
  async stop(): Promise<void> {
    this.#stopRunning();
    await this.#stopping;
  }

  #startOne(name: ScheduleName, expression: string, run: () => Promise<void>): Schedule {
    const { live, logger, metrics } = this.#options;
    return startSchedule({
      ...{ name, expression, run, logger, timeZone: live.config.timezone },
      onSkipped: (reason) => {
        metrics.increment(sidecarMetrics.skippedRuns, { schedule: name, reason });
      },
    });
  }

  #stopRunning(): void {
    const stops = this.#running.map((schedule) => schedule.stop());
    this.#running = [];
    this.#stopping = Promise.all([this.#stopping, ...stops]);
  }
}
