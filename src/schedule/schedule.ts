import { createTask, validate } from "node-cron";
import { asError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";

/** Why a run did not take place at its time: the one before was still running, or the machine or the program was not. */
export type SkippedRunReason = "still_running" | "missed";

export interface ScheduleSettings {
  /** Names the work in log lines. */
  readonly name: string;
  /** A cron expression; a sixth field in front means seconds. */
  readonly expression: string;
  /** The system's where undefined. */
  readonly timeZone?: string | undefined;
  readonly logger: Logger;
  readonly run: () => Promise<void>;
  /** Called for each run that is neither made nor made up for. */
  readonly onSkipped?: (reason: SkippedRunReason) => void;
}

export interface Schedule {
  /** No tick begins any more; resolves when the running one has ended. */
  stop(): Promise<void>;
}

/**
 * Runs the work at each tick, never twice at once: a tick that comes while it runs is dropped.
 * What the work throws is logged, and the schedule goes on.
 */
export function startSchedule(settings: ScheduleSettings): Schedule {
  const { name, expression, timeZone, logger, run, onSkipped } = settings;
  let running: Promise<void> | undefined;

  const runOnce = async (): Promise<void> => {
    try {
      await run();
    } catch (thrown) {
      logger.error({ schedule: name, error: asError(thrown).message }, "schedule.failed");
    } finally {
      running = undefined;
    }
  };
  const tick = (): void => {
    if (running === undefined) {
      running = runOnce();
      return;
    }
    logger.info({ schedule: name }, "schedule.skipped");
    onSkipped?.("still_running");
  };

  const task = createTask(expression, tick, {
    name,
    suppressMissedWarning: true,
    ...(timeZone === undefined ? {} : { timezone: timeZone }),
  });
  // The machine slept, or something kept this process busy: the run is not made up for.
  task.on("execution:missed", ({ date }) => {
    logger.warn({ schedule: name, missedAt: date.toISOString() }, "schedule.missed");
    onSkipped?.("missed");
  });
  void task.start();
  return {
    async stop() {
      await task.destroy();
      await running;
    },
  };
}

export function validateSchedule(expression: string): boolean {
  return validate(expression);
}

/** Seconds between the next two ticks; undefined where the expression is wrong or has no two of them. */
export function intervalSecondsOf(expression: string): number | undefined {
  if (!validate(expression)) return undefined;
  const task = createTask(expression, () => undefined);
  const [first, second] = task.getNextRuns(2);
  void task.destroy();
  if (first === undefined || second === undefined) return undefined;
  return (second.getTime() - first.getTime()) / 1000;
}
