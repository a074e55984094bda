import { scheduleNames, sidecarMetrics, type ScheduleName } from "../../metrics/catalogue.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import type { Logger } from "../../platform/logger.ts";
import { startSchedule, type Schedule } from "../../schedule/schedule.ts";
import type { LiveConfig } from "../config/live-config.ts";
import type { DeepCheckScheduler } from "../deep-checks/deep-check-scheduler.ts";
import type { Collector } from "../watch/collector.ts";
import type { ScheduledPrune } from "./scheduled-prune.ts";
import type { ScheduledReclaim } from "./scheduled-reclaim.ts";
import type { ScheduledRecovery } from "./scheduled-recovery.ts";

export interface SchedulesOptions {
  readonly live: Pick<LiveConfig, "config">;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "increment">;
  readonly collector: Pick<Collector, "collect">;
  readonly deepChecks: Pick<DeepCheckScheduler, "run">;
  readonly scheduledRecovery: Pick<ScheduledRecovery, "run">;
  readonly scheduledPrune: Pick<ScheduledPrune, "run">;
  readonly scheduledReclaim: Pick<ScheduledReclaim, "run">;
}

/** Everything that `serve` does by the clock, as the configuration in force says. */
export class Schedules {
  readonly #options: SchedulesOptions;
  readonly #running = new Map<ScheduleName, { key: string; schedule: Schedule }>();
  /** Stops of replaced schedules; a running tick ends by itself. */
  #stopping: Promise<unknown> = Promise.resolve();

  constructor(options: SchedulesOptions) {
    this.#options = options;
  }

  /** Replaces the schedules that the new configuration changed; the others go on. */
  start(): void {
    const { live, collector, deepChecks, scheduledRecovery, scheduledPrune, scheduledReclaim } =
      this.#options;
    const { collector: collection, verification, salvage, recovery, reclaim } = live.config;
    this.#run("collector", collection.schedule, () => collector.collect());
    this.#run("verification", verification.schedule, () => deepChecks.run());
    this.#run("prune", salvage.pruneSchedule, () => scheduledPrune.run());
    this.#run("recovery", recovery.schedule, () => scheduledRecovery.run());
    this.#run("reclaim", reclaim.schedule, () => scheduledReclaim.run());
  }

  /** Resolves when the running ticks have ended. */
  async stop(): Promise<void> {
    for (const name of scheduleNames) this.#run(name, undefined, () => Promise.resolve());
    await this.#stopping;
  }

  /** An unchanged schedule keeps its next time, so that frequent reloads do not put it off indefinitely. */
  #run(name: ScheduleName, expression: string | undefined, run: () => Promise<void>): void {
    const key = JSON.stringify([expression, this.#options.live.config.timezone]);
    const running = this.#running.get(name);
    if (running?.key === key) return;
    this.#running.delete(name);
    if (running !== undefined) this.#stopping = Promise.all([this.#stopping, running.schedule.stop()]);
    if (expression !== undefined)
      this.#running.set(name, { key, schedule: this.#startOne(name, expression, run) });
  }

  #startOne(name: ScheduleName, expression: string, run: () => Promise<void>): Schedule {
    const { live, logger, metrics } = this.#options;
    return startSchedule({
      ...{ name, expression, run, logger, timeZone: live.config.timezone },
      onSkipped: (reason) => {
        metrics.increment(sidecarMetrics.skippedRuns, { schedule: name, reason });
      },
      onClockJump: (seconds) => {
        // The collector's schedule ticks most often; so each clock jump is reported once.
        if (name !== "collector") return;
        logger.warn({ seconds }, "clock.jumped");
        metrics.increment(sidecarMetrics.clockJumps);
      },
    });
  }
}
