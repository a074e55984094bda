import { sidecarMetrics } from "../../metrics/catalogue.ts";
import { Journal } from "../../journal/journal.ts";
import { systemClock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import { pruneSaved } from "../../salvage/retention/prune-saved.ts";
import { retentionLimitsOf } from "../../salvage/retention/retention-limits.ts";
import type { Schedule } from "../../schedule/schedule.ts";
import type { ReloadResult } from "./live-config.ts";
import type { SidecarParts } from "../sidecar-parts.ts";
import { startSchedules } from "../schedules/start-schedules.ts";

/** Owns what follows the configuration in force: the schedules. */
export class Reloader {
  readonly #parts: SidecarParts;
  readonly #logger: Logger;
  #schedules: readonly Schedule[] = [];
  /** Stops of replaced schedules; a running tick ends by itself. */
  #stopping: Promise<unknown> = Promise.resolve();
  #reloading: Promise<unknown> = Promise.resolve();
  #recovering: Promise<void> | undefined;

  constructor(parts: SidecarParts, logger: Logger) {
    this.#parts = parts;
    this.#logger = logger;
  }

  startSchedules(): void {
    const { live, collector, deepChecks, metrics } = this.#parts;
    this.#schedules = startSchedules(
      {
        config: live.config,
        logger: this.#logger,
        onSkipped: (schedule, reason) => {
          metrics.increment(sidecarMetrics.skippedRuns, { schedule, reason });
        },
      },
      {
        collect: () => collector.collect(),
        recover: () => this.#recoverOnce(),
        verify: () => deepChecks.run(),
        prune: () => this.#prune(),
      },
    );
  }

  /** One after the other, however they come. */
  reload(operator: string): Promise<ReloadResult> {
    const reloaded = this.#reloading.then(() => this.#reload(operator));
    this.#reloading = reloaded.catch(() => undefined);
    return reloaded;
  }

  /** Resolves when the running ticks have ended. */
  async stop(): Promise<void> {
    await this.#reloading;
    this.#replaceSchedules();
    await this.#stopping;
  }

  async #reload(operator: string): Promise<ReloadResult> {
    const { live, metrics } = this.#parts;
    const result = await live.reload();
    metrics.set(sidecarMetrics.configReloadSuccessful, result.kind === "reloaded" ? 1 : 0);
    if (result.kind === "invalid") {
      this.#logger.error({ operator, problems: result.problems }, "config.reload_failed");
      return result;
    }
    metrics.set(sidecarMetrics.configReloadedAt, systemClock.now().getTime() / 1000);
    this.#replaceSchedules();
    this.startSchedules();
    this.#logger.info({ operator, restartNeeded: result.restartNeeded }, "config.reloaded");
    return result;
  }

  #replaceSchedules(): void {
    const stops = this.#schedules.map((schedule) => schedule.stop());
    this.#schedules = [];
    this.#stopping = Promise.all([this.#stopping, ...stops]);
  }

  /** Also where a schedule that was replaced still runs one. */
  #recoverOnce(): Promise<void> {
    this.#recovering ??= this.#recover().finally(() => {
      this.#recovering = undefined;
    });
    return this.#recovering;
  }

  /** What a run holds up is tried again at the next tick. */
  #prune(): Promise<void> {
    const { config } = this.#parts.live;
    const result = pruneSaved({
      stateDir: config.stateDir,
      limits: retentionLimitsOf(config.salvage, config),
      journal: new Journal(config.stateDir),
      now: systemClock.now(),
      trigger: "schedule",
      dryRun: false,
    });
    if (result.kind === "busy") this.#logger.warn({ detail: result.detail }, "salvage.prune_skipped");
    else {
      const { removed, errors } = result;
      this.#logger.info({ removed: removed.map(({ kept }) => kept.id), errors }, "salvage.pruned");
    }
    return Promise.resolve();
  }

  async #recover(): Promise<void> {
    const { live, runner } = this.#parts;
    const { strategy } = live.config.recovery;
    const request = live.services.recovery.createRequest({
      slotId: undefined,
      force: false,
      input: { strategy },
    });
    await runner.run({ ...request, trigger: "schedule", requestedBy: "schedule" });
  }
}
