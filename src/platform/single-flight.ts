/** Never runs a task twice at once: a caller that comes meanwhile gets the result of the present run. */
export class SingleFlight {
  #running: Promise<void> | undefined;

  run(task: () => Promise<void>): Promise<void> {
    this.#running ??= task().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Settles with the present run, if there is one. */
  async ended(): Promise<void> {
    await this.#running;
  }
}
