import { sidecarMetrics } from "../../metrics/catalogue.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Schedules } from "../schedules/schedules.ts";
import type { LiveConfig } from "./live-config.ts";
import type { ReloadOutcome } from "../../http/http-dependencies.ts";

export interface ConfigReloadOptions {
  readonly live: Pick<LiveConfig, "reload">;
  readonly schedules: Pick<Schedules, "start">;
  readonly metrics: Pick<Metrics, "set">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Puts a changed configuration into force, for SIGHUP and for `POST /-/reload`. */
export class ConfigReload {
  readonly #options: ConfigReloadOptions;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: ConfigReloadOptions) {
    this.#options = options;
  }

  /** Reloads that come at once run one after the other. A configuration with problems changes nothing. */
  reload(operator: string): Promise<ReloadOutcome> {
    const reloaded = this.#running.then(() => this.#reload(operator));
    this.#running = reloaded.catch(() => undefined);
    return reloaded;
  }

  /** Resolves when no reload runs. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #reload(operator: string): Promise<ReloadOutcome> {
    const { live, schedules, metrics, clock, logger } = this.#options;
    const result = await live.reload();
    metrics.set(sidecarMetrics.configReloadSuccessful, result.kind === "reloaded" ? 1 : 0);
    if (result.kind === "invalid") {
      logger.error({ operator, problems: result.problems }, "config.reload_failed");
      return result;
    }
    metrics.set(sidecarMetrics.configReloadedAt, clock.now().getTime() / 1000);
    schedules.start();
    logger.info({ operator, restartNeeded: result.restartNeeded }, "config.reloaded");
    return result;
  }
}
