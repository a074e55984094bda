import type { RateLimitSettings } from "./web-config.ts";

/** The token bucket of the web configuration's `rate_limit`, one for all requests together, as in the toolkit. */
export class RateLimit {
  readonly #readMilliseconds: () => number;
  /** When the bucket is full again. */
  #fullAt = 0;

  constructor(readMilliseconds: () => number = () => performance.now()) {
    this.#readMilliseconds = readMilliseconds;
  }

  /** Takes a token. @returns how many whole milliseconds to wait for one if there is none, else 0 */
  takeOrWaitMilliseconds({ intervalMilliseconds, burst }: RateLimitSettings): number {
    const now = this.#readMilliseconds();
    const fullAt = Math.max(now, this.#fullAt) + intervalMilliseconds;
    const waitMilliseconds = fullAt - now - burst * intervalMilliseconds;
    // Sums of fractions: less than a microsecond is nothing to wait for, and no reason to wait a millisecond longer.
    if (waitMilliseconds > 1e-3) return Math.ceil(waitMilliseconds - 1e-3);
    this.#fullAt = fullAt;
    return 0;
  }
}
