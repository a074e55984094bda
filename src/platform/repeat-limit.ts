import { secondsBetween } from "./clock.ts";
import { setNewest } from "./set-newest.ts";

const mostKeys = 4096;

export interface Admission {
  readonly isAdmitted: boolean;
  /** How many of this key were held back since the last one that was admitted. */
  readonly suppressedCount: number;
}

/** Admits a limited number of equal events in a period, so that repetitions do not fill the log. */
export class RepeatLimit {
  readonly #mostPerPeriod: number;
  readonly #periodSeconds: number;
  readonly #seen = new Map<string, { since: Date; count: number; suppressedCount: number }>();

  constructor({ mostPerPeriod, periodSeconds }: { mostPerPeriod: number; periodSeconds: number }) {
    this.#mostPerPeriod = mostPerPeriod;
    this.#periodSeconds = periodSeconds;
  }

  admit(key: string, now: Date): Admission {
    const seen = this.#seen.get(key);
    // Either sign: a clock that was set back must not suppress everything until that time comes again.
    const isOver = seen === undefined || Math.abs(secondsBetween(seen.since, now)) >= this.#periodSeconds;
    if (isOver) {
      setNewest(this.#seen, key, { since: now, count: 1, suppressedCount: 0 }, mostKeys);
      return { isAdmitted: true, suppressedCount: seen?.suppressedCount ?? 0 };
    }
    seen.count += 1;
    if (seen.count <= this.#mostPerPeriod) return { isAdmitted: true, suppressedCount: 0 };
    seen.suppressedCount += 1;
    return { isAdmitted: false, suppressedCount: seen.suppressedCount };
  }
}
