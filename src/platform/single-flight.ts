/** Runs a task never twice at once: who asks meanwhile waits for the run that is on. */
export class SingleFlight {
  #running: Promise<void> | undefined;

  run(task: () => Promise<void>): Promise<void> {
    this.#running ??= task().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Settles as the run that is on, if there is one. */
  async ended(): Promise<void> {
    await this.#running;
  }
}
