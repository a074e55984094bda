import { createTask, validate } from "node-cron";
import { asError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import { plainIntervalSeconds } from "./cron-times.ts";
import { startIntervalTicks, startWallClockTicks } from "./ticks.ts";
import { secondsBetween } from "../platform/clock.ts";

/** Why a run did not take place at its time: the one before was still running, or the machine or the program was not. */
export type SkippedRunReason = "still_running" | "missed";

export interface ScheduleSettings {
  /** Names the work in log lines. */
  readonly name: string;
  /** A cron expression; a sixth field in front means seconds. */
  readonly expression: string;
  /** The system's if undefined. */
  readonly timeZone?: string | undefined;
  readonly logger: Logger;
  readonly run: () => Promise<void>;
  /** Called for each run that is neither made nor made up for. */
  readonly onSkipped?: (reason: SkippedRunReason) => void;
  /** Called if the wall clock was set by half a minute or more, with the seconds; negative if it was set back. */
  readonly onClockJump?: (seconds: number) => void;
}

export interface Schedule {
  /** No tick begins any more; resolves when the running one has ended. */
  stop(): Promise<void>;
}

/**
 * Runs the work at each tick, never twice at once: a tick that comes while it runs is dropped. A plain interval is
 * measured with the monotonic clock; only a time of the day is read from the wall clock.
 * What the work throws is logged, and the schedule goes on.
 */
export function startSchedule(settings: ScheduleSettings): Schedule {
  const { name, expression, timeZone, logger, run, onSkipped, onClockJump } = settings;
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

  const intervalSeconds = plainIntervalSeconds(expression);
  const listener = {
    onTick: tick,
    // The machine slept, or something kept this process busy: the run is not made up for.
    onMissed: (at: Date) => {
      logger.warn({ schedule: name, missedAt: at.toISOString() }, "schedule.missed");
      onSkipped?.("missed");
    },
    onClockJump: (seconds: number) => onClockJump?.(seconds),
  };
  const stopTicks =
    intervalSeconds === undefined
      ? startWallClockTicks({ expression, timeZone }, listener)
      : startIntervalTicks(intervalSeconds, listener);
  return {
    async stop() {
      stopTicks();
      await running;
    },
  };
}

export function validateSchedule(expression: string): boolean {
  return validate(expression);
}

/** Seconds between the next two ticks; undefined if the expression is wrong or has no two of them. */
export function intervalSecondsOf(expression: string): number | undefined {
  if (!validate(expression)) return undefined;
  const plain = plainIntervalSeconds(expression);
  if (plain !== undefined) return plain;
  const task = createTask(expression, () => undefined);
  const [first, second] = task.getNextRuns(2);
  void task.destroy();
  if (first === undefined || second === undefined) return undefined;
  return secondsBetween(first, second);
}
