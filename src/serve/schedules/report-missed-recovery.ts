import { sidecarMetrics } from "../../metrics/catalogue.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import type { Logger } from "../../platform/logger.ts";
import { CronWindows, longestWindowSeconds } from "../../schedule/cron-windows.ts";
import type { JournalFeed } from "../journal/journal-feed.ts";
import type { LiveConfig } from "../config/live-config.ts";
import { secondsBetween } from "../../platform/clock.ts";

export interface MissedRecoveryParts {
  readonly live: { readonly config: Pick<LiveConfig["config"], "recovery" | "timezone"> };
  readonly journalFeed: Pick<JournalFeed, "read" | "lastRunAt">;
  readonly metrics: Pick<Metrics, "increment">;
}

/**
 * Reports at the start that a scheduled recovery was due while no `serve` ran, within the last week. It is not made up for,
 * because the hour of a recovery is chosen for a reason.
 */
export function reportMissedRecovery(
  { live, journalFeed, metrics }: MissedRecoveryParts,
  { logger, now }: { logger: Logger; now: Date },
): void {
  const { recovery, timezone } = live.config;
  journalFeed.read();
  const lastRunAt = journalFeed.lastRunAt("schedule");
  if (recovery.schedule === undefined || lastRunAt === undefined) return;
  const since = {
    schedule: recovery.schedule,
    durationSeconds: Math.min(secondsBetween(lastRunAt, now), longestWindowSeconds),
  };
  if (!new CronWindows([{ ...since, pool: undefined }], timezone).isOpen(undefined, now)) return;
  logger.warn({ schedule: "recovery", lastRunAt: lastRunAt.toISOString() }, "schedule.missed");
  metrics.increment(sidecarMetrics.skippedRuns, { schedule: "recovery", reason: "missed" });
}
