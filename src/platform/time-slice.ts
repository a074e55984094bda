import { setImmediate as nextTurn } from "node:timers/promises";

/** Longer than this nothing else of the process has to wait. */
const sliceMilliseconds = 3;

/** Long work in small parts: between two of them, others may run. */
export class TimeSlice {
  #startedAt = performance.now();

  /** Lets others run where they have waited long enough. */
  async giveWay(): Promise<void> {
    if (performance.now() - this.#startedAt < sliceMilliseconds) return;
    await nextTurn();
    this.#startedAt = performance.now();
  }
}
