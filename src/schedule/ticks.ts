import { CronTimes } from "./cron-times.ts";

/** What a source of ticks tells the schedule that it drives. */
export interface TickListener {
  onTick(): void;
  /** A run that nobody was awake for, or that a jump of the clock left out, and that is not made up for. */
  onMissed(at: Date): void;
  /** The wall clock was set forward, or back if negative. */
  onClockJump?(seconds: number): void;
}

/** Ends the ticks. */
export type StopTicks = () => void;

/** Like cron: if the clock was set by at most this, skipped runs are made up for, and none is made twice. */
const smallJumpMilliseconds = 3 * 3_600_000;
/** A clock that is corrected a little has not jumped. */
const jumpMilliseconds = 30_000;
const minuteMilliseconds = 60_000;
/** What was missed before is not looked for. */
const longestLookBackMilliseconds = 7 * 24 * 3_600_000;

interface ClockReading {
  readonly wall: number;
  readonly monotonic: number;
}

const readClocks = (): ClockReading => ({ wall: Date.now(), monotonic: performance.now() });

/** By how many milliseconds the wall clock was set between the readings; 0 if it was corrected a little at most. */
function jumpBetween(before: ClockReading, after: ClockReading): number {
  const jump = after.wall - before.wall - (after.monotonic - before.monotonic);
  return Math.abs(jump) >= jumpMilliseconds ? jump : 0;
}

/** Ticks at a plain interval of the monotonic clock, whatever the wall clock does. */
export function startIntervalTicks(intervalSeconds: number, listener: TickListener): StopTicks {
  const intervalMilliseconds = intervalSeconds * 1000;
  let lookedAt = readClocks();
  let dueAt = lookedAt.monotonic + intervalMilliseconds;
  let timer = setTimeout(wake, intervalMilliseconds);

  function wake(): void {
    const before = lookedAt;
    lookedAt = readClocks();
    const jump = jumpBetween(before, lookedAt);
    if (jump !== 0) listener.onClockJump?.(Math.round(jump / 1000));
    const late = lookedAt.monotonic - dueAt;
    // A timer can end a little before its time.
    const intervals = Math.max(1, Math.floor(late / intervalMilliseconds) + 1);
    if (intervals > 1) listener.onMissed(new Date(lookedAt.wall - late));
    dueAt += intervals * intervalMilliseconds;
    timer = setTimeout(wake, Math.max(0, dueAt - performance.now()));
    listener.onTick();
  }

  return () => {
    clearTimeout(timer);
  };
}

/** Ticks when a cron expression is due by the wall clock, and is not led astray when that jumps. */
export function startWallClockTicks(
  { expression, timeZone }: { expression: string; timeZone: string | undefined },
  listener: TickListener,
): StopTicks {
  const times = new CronTimes(expression, timeZone);
  let lookedAt = readClocks();
  let lastRunAt = -Infinity;
  let timer = setTimeout(wake, delayToNextLook(times, lookedAt.wall));

  function wake(): void {
    look();
    timer = setTimeout(wake, delayToNextLook(times, Date.now()));
  }

  function look(): void {
    const before = lookedAt;
    lookedAt = readClocks();
    const jump = jumpBetween(before, lookedAt);
    if (jump !== 0) listener.onClockJump?.(Math.round(jump / 1000));
    // Set back by much, the clock was wrong before, and so was what it says of the last run.
    if (jump < -smallJumpMilliseconds) lastRunAt = -Infinity;
    const passed = lookedAt.wall - before.wall;
    const from = Math.max(before.wall, lookedAt.wall - smallJumpMilliseconds, lastRunAt);
    const dueAt = passed <= 0 ? undefined : times.lastBetween(from, lookedAt.wall);
    if (dueAt !== undefined) {
      lastRunAt = dueAt;
      listener.onTick();
      return;
    }
    const lookBack = Math.max(before.wall, lookedAt.wall - longestLookBackMilliseconds);
    if (passed > smallJumpMilliseconds && times.lastBetween(lookBack, lookedAt.wall) !== undefined)
      listener.onMissed(new Date(lookedAt.wall));
  }

  return () => {
    clearTimeout(timer);
  };
}

/** To the next second at which the expression can be due; a minute at most, so that a jump is noticed. */
function delayToNextLook({ seconds }: CronTimes, now: number): number {
  const intoMinute = now % minuteMilliseconds;
  const delays = seconds.map((second) => {
    const delay = (second * 1000 - intoMinute + minuteMilliseconds) % minuteMilliseconds;
    return delay === 0 ? minuteMilliseconds : delay;
  });
  return Math.min(...delays, minuteMilliseconds);
}
