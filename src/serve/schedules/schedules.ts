import { scheduleNames, sidecarMetrics, type ScheduleName } from "../../metrics/catalogue.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import type { Logger } from "../../platform/logger.ts";
import { SingleFlight } from "../../platform/single-flight.ts";
import { startSchedule, type Schedule } from "../../schedule/schedule.ts";
import type { SidecarConfig } from "../../config/sidecar-config.ts";
import type { LiveConfig } from "../config/live-config.ts";

export interface SchedulesOptions {
  readonly live: Pick<LiveConfig, "config">;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "increment">;
  /** What each schedule does. */
  readonly tasks: Readonly<Record<ScheduleName, () => Promise<void>>>;
}

/** When each schedule is due; undefined for never. */
const expressionOf: Readonly<Record<ScheduleName, (config: SidecarConfig) => string | undefined>> = {
  collector: ({ collector }) => collector.schedule,
  verification: ({ verification }) => verification.schedule,
  prune: ({ salvage }) => salvage.pruneSchedule,
  recovery: ({ recovery }) => recovery.schedule,
  reclaim: ({ reclaim }) => reclaim.schedule,
};

/** Everything that `serve` does by the clock, as the configuration in force says. */
export class Schedules {
  readonly #options: SchedulesOptions;
  readonly #running = new Map<ScheduleName, { key: string; schedule: Schedule }>();
  /** A task is never run twice at once, also if a schedule that was replaced still runs it. */
  readonly #flights = new Map(scheduleNames.map((name) => [name, new SingleFlight()]));
  /** Stops of replaced schedules; a running tick ends by itself. */
  #stopping: Promise<unknown> = Promise.resolve();

  constructor(options: SchedulesOptions) {
    this.#options = options;
  }

  /** Replaces the schedules that the new configuration changed; the others go on. */
  start(): void {
    for (const name of scheduleNames) this.#replace(name, expressionOf[name](this.#options.live.config));
  }

  /** Resolves when the running ticks have ended. */
  async stop(): Promise<void> {
    for (const name of scheduleNames) this.#replace(name, undefined);
    await this.#stopping;
  }

  /** An unchanged schedule keeps its next time, so that frequent reloads do not put it off indefinitely. */
  #replace(name: ScheduleName, expression: string | undefined): void {
    const key = JSON.stringify([expression, this.#options.live.config.timezone]);
    const running = this.#running.get(name);
    if (running?.key === key) return;
    this.#running.delete(name);
    if (running !== undefined) this.#stopping = Promise.all([this.#stopping, running.schedule.stop()]);
    if (expression !== undefined)
      this.#running.set(name, { key, schedule: this.#startOne(name, expression) });
  }

  #startOne(name: ScheduleName, expression: string): Schedule {
    const { live, logger, metrics, tasks } = this.#options;
    const flight = this.#flights.get(name) ?? new SingleFlight();
    return startSchedule({
      ...{ name, expression, logger, timeZone: live.config.timezone },
      run: () => flight.run(tasks[name]),
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
