import { createTask, parse } from "node-cron";

/** A stretch of time that a cron expression opens. */
export interface CronWindow {
  /** When it opens; valid, since the configuration was. */
  readonly schedule: string;
  readonly durationSeconds: number;
  /** Undefined covers every pool. */
  readonly pool?: string | undefined;
}

const minuteMilliseconds = 60_000;
/** The first look goes back through a whole window, minute by minute. */
export const longestWindowSeconds = 7 * 86_400;

/** Tells whether a window is open. Each look costs the time since the last one alone. */
export class CronWindows {
  readonly #windows: readonly OpeningFinder[];

  /** The system's time zone where undefined. */
  constructor(windows: readonly CronWindow[], timeZone: string | undefined) {
    this.#windows = windows.map((window) => new OpeningFinder(window, timeZone));
  }

  /** True while a window covers the pool; an undefined pool asks for a window over every one. */
  isOpen(pool: string | undefined, now: Date): boolean {
    const covering = this.#windows.filter(({ window }) => window.pool === undefined || window.pool === pool);
    return covering.some((finder) => finder.isOpen(now));
  }
}

/** Finds the last opening of one window. */
class OpeningFinder {
  readonly window: CronWindow;
  readonly #matches: (date: Date) => boolean;
  /** Seconds of a minute at which the window can open. */
  readonly #seconds: readonly number[];
  #lastOpening = -Infinity;
  #lookedUntil = -Infinity;

  constructor(window: CronWindow, timeZone: string | undefined) {
    this.window = window;
    const options = timeZone === undefined ? {} : { timezone: timeZone };
    const task = createTask(window.schedule, () => undefined, options);
    this.#matches = (date) => task.match(date);
    this.#seconds = parse(window.schedule).second;
  }

  isOpen(now: Date): boolean {
    const durationMilliseconds = this.window.durationSeconds * 1000;
    // A clock that was set back is looked at anew.
    if (now.getTime() < this.#lookedUntil) this.#lookedUntil = this.#lastOpening = -Infinity;
    const from = Math.max(this.#lookedUntil, now.getTime() - durationMilliseconds);
    this.#lastOpening = this.#findOpening(from, now.getTime()) ?? this.#lastOpening;
    this.#lookedUntil = now.getTime();
    return now.getTime() - this.#lastOpening < durationMilliseconds;
  }

  /** The last opening after `from`, and not after `until`. */
  #findOpening(from: number, until: number): number | undefined {
    const lastMinute = Math.floor(until / minuteMilliseconds) * minuteMilliseconds;
    for (let minute = lastMinute; minute > from - minuteMilliseconds; minute -= minuteMilliseconds) {
      for (const second of [...this.#seconds].reverse()) {
        const at = minute + second * 1000;
        if (at > from && at <= until && this.#matches(new Date(at))) return at;
      }
    }
    return undefined;
  }
}
