const mostTargets = 10_000;

/** When the last recovery of each target ended. */
export class EndedRecoveries {
  /** Oldest first. */
  readonly #endedAt = new Map<string, Date>();

  note(target: string, at: Date): void {
    this.#endedAt.delete(target);
    this.#endedAt.set(target, at);
    const [oldest] = this.#endedAt.keys();
    if (this.#endedAt.size > mostTargets && oldest !== undefined) this.#endedAt.delete(oldest);
  }

  lastEndOf(target: string): Date | undefined {
    return this.#endedAt.get(target);
  }
}
