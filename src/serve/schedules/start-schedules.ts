import type { SidecarConfig } from "../../config/sidecar-config.ts";
import type { Logger } from "../../platform/logger.ts";
import type { ScheduleName } from "../../metrics/catalogue.ts";
import { startSchedule, type Schedule, type SkippedRunReason } from "../../schedule/schedule.ts";

export interface ScheduledWork {
  collect(): Promise<void>;
  /** The recovery of `recovery.schedule`. */
  recover(): Promise<void>;
  /** Deep checks in turn. */
  verify(): Promise<void>;
  /** Removes saved work that is past its time. */
  prune(): Promise<void>;
}

export interface ScheduleSurroundings {
  readonly config: SidecarConfig;
  readonly logger: Logger;
  readonly onSkipped: (schedule: ScheduleName, reason: SkippedRunReason) => void;
}

/** Everything that `serve` does by the clock, as the configuration in force says. */
export function startSchedules(
  { config, logger, onSkipped }: ScheduleSurroundings,
  work: ScheduledWork,
): Schedule[] {
  const start = (name: ScheduleName, expression: string, run: () => Promise<void>): Schedule =>
    startSchedule({
      ...{ name, expression, run, logger, timeZone: config.timezone },
      onSkipped: (reason) => {
        onSkipped(name, reason);
      },
    });
  const { schedule } = config.recovery;
  return [
    start("collector", config.collector.schedule, () => work.collect()),
    start("verification", config.verification.schedule, () => work.verify()),
    start("prune", config.salvage.pruneSchedule, () => work.prune()),
    ...(schedule === undefined ? [] : [start("recovery", schedule, () => work.recover())]),
  ];
}
