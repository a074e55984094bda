import { setImmediate as nextTurn } from "node:timers/promises";

/** The longest time for which other work of the process has to wait. */
const defaultMilliseconds = 3;

/** Divides long work into small parts, between which other work may run. */
export class TimeSlice {
  readonly #milliseconds: number;
  #startedAt = performance.now();

  constructor(milliseconds = defaultMilliseconds) {
    this.#milliseconds = milliseconds;
  }

  /** True if others have waited long enough. */
  isOver(): boolean {
    return performance.now() - this.#startedAt >= this.#milliseconds;
  }

  /** Lets others run if they have waited long enough. */
  async yieldToEventLoop(): Promise<void> {
    if (!this.isOver()) return;
    await nextTurn();
    this.#startedAt = performance.now();
  }
}
