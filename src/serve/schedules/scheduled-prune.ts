import { Journal } from "../../journal/journal.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import { pruneSaved } from "../../salvage/retention/prune-saved.ts";
import { retentionLimitsOf } from "../../salvage/retention/retention-limits.ts";
import type { LiveConfig } from "../config/live-config.ts";

export interface ScheduledPruneOptions {
  readonly live: Pick<LiveConfig, "config">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Removes old saved work. */
export class ScheduledPrune {
  readonly #options: ScheduledPruneOptions;

  constructor(options: ScheduledPruneOptions) {
    this.#options = options;
  }

  /** If a recovery is running, the next tick tries again. */
  async run(): Promise<void> {
    const { live, clock, logger } = this.#options;
    const { stateDir, salvage } = live.config;
    const result = await pruneSaved({
      stateDir,
      limits: retentionLimitsOf(salvage, live.config),
      journal: new Journal(stateDir),
      now: clock.now(),
      trigger: "schedule",
      dryRun: false,
    });
    if (result.kind === "busy") logger.warn({ detail: result.detail }, "salvage.prune_skipped");
    else {
      const { removed, errors } = result;
      logger.info({ removed: removed.map(({ kept }) => kept.id), errors }, "salvage.pruned");
    }
  }
}
