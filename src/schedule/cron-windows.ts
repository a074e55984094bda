import { CronTimes } from "./cron-times.ts";

/** A stretch of time that a cron expression opens. */
export interface CronWindow {
  /** When it opens; valid, since the configuration was. */
  readonly schedule: string;
  readonly durationSeconds: number;
  /** Undefined covers every pool. */
  readonly pool?: string | undefined;
}

/** A window as it is at one moment. */
export interface WindowState extends Pick<CronWindow, "schedule" | "durationSeconds"> {
  readonly pool: string | undefined;
  /** Undefined while it is closed. */
  readonly endsAt: Date | undefined;
}

/** The first look goes back through a whole window, minute by minute. */
export const longestWindowSeconds = 7 * 86_400;

/** Tells whether a window is open. Each look costs the time since the last one alone. */
export class CronWindows {
  readonly #windows: readonly OpeningFinder[];

  /** The system's time zone if undefined. */
  constructor(windows: readonly CronWindow[], timeZone: string | undefined) {
    this.#windows = windows.map((window) => new OpeningFinder(window, timeZone));
  }

  /** True while a window covers the pool; an undefined pool asks for a window over every one. */
  isOpen(pool: string | undefined, now: Date): boolean {
    const covering = this.#windows.filter(({ window }) => window.pool === undefined || window.pool === pool);
    return covering.some((finder) => finder.endOf(now) !== undefined);
  }

  /** Every window, in the order of the configuration. */
  list(now: Date): WindowState[] {
    return this.#windows.map((finder) => {
      const { schedule, durationSeconds, pool } = finder.window;
      return { schedule, durationSeconds, pool, endsAt: finder.endOf(now) };
    });
  }
}

/** Finds the last opening of one window. */
class OpeningFinder {
  readonly window: CronWindow;
  readonly #times: CronTimes;
  #lastOpening = -Infinity;
  #lookedUntil = -Infinity;

  constructor(window: CronWindow, timeZone: string | undefined) {
    this.window = window;
    this.#times = new CronTimes(window.schedule, timeZone);
  }

  /** When the window that is open now ends. */
  endOf(now: Date): Date | undefined {
    const durationMilliseconds = this.window.durationSeconds * 1000;
    // A clock that was set back is looked at again.
    if (now.getTime() < this.#lookedUntil) this.#lookedUntil = this.#lastOpening = -Infinity;
    const from = Math.max(this.#lookedUntil, now.getTime() - durationMilliseconds);
    this.#lastOpening = this.#times.lastBetween(from, now.getTime()) ?? this.#lastOpening;
    this.#lookedUntil = now.getTime();
    const end = this.#lastOpening + durationMilliseconds;
    return now.getTime() < end ? new Date(end) : undefined;
  }
}
