import type { SidecarConfig } from "../config/sidecar-config.ts";
import type { Logger } from "../platform/logger.ts";
import type { PoolManager } from "../pool-manager.ts";
import { startSchedule, type Schedule } from "../schedule/schedule.ts";
import type { Collector } from "./collector.ts";
import type { RecoveryRunner } from "./recovery-runner.ts";

export interface SchedulesOptions {
  readonly config: SidecarConfig;
  readonly logger: Logger;
  readonly manager: PoolManager;
  readonly collector: Collector;
  readonly runner: RecoveryRunner;
}

/** Everything that `serve` does by the clock. */
export function startSchedules({ config, logger, manager, collector, runner }: SchedulesOptions): Schedule[] {
  const start = (name: string, expression: string, run: () => Promise<void>): Schedule =>
    startSchedule({ name, expression, run, logger, timeZone: config.timezone });
  const schedules = [start("collector", config.collector.schedule, () => collector.collect())];
  const { schedule, strategy } = config.recovery;
  if (schedule !== undefined) {
    const what = { slotId: undefined, force: false, input: { strategy } };
    const recover = async (): Promise<void> => {
      const request = manager.createRequest(what);
      await runner.run({ ...request, trigger: "schedule", requestedBy: "schedule" });
    };
    schedules.push(start("recovery", schedule, recover));
  }
  return schedules;
}
