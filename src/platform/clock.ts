import { setTimeout as sleep } from "node:timers/promises";

/** The only source of time for long-lived objects; pure code takes `now: Date` instead. */
export interface Clock {
  now(): Date;
  /** Resolves after the given time, or rejects with the signal's reason. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  async sleep(milliseconds, signal) {
    await sleep(milliseconds, undefined, { signal });
  },
};

/** Returns the seconds since the call, by the monotonic clock, which is never set. */
export function startStopwatch(): () => number {
  const startedAt = performance.now();
  return () => (performance.now() - startedAt) / 1000;
}

export function secondsBetween(earlier: Date, later: Date): number {
  return (later.getTime() - earlier.getTime()) / 1000;
}

export const secondsPerHour = 3600;

export function hoursBetween(earlier: Date, later: Date): number {
  return secondsBetween(earlier, later) / secondsPerHour;
}
