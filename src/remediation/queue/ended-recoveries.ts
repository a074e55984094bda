import { setNewest } from "../../platform/set-newest.ts";

const mostTargets = 10_000;

/** When the last recovery of each target ended. */
export class EndedRecoveries {
  /** Oldest first. */
  readonly #endedAt = new Map<string, Date>();

  note(target: string, at: Date): void {
    setNewest(this.#endedAt, target, at, mostTargets);
  }

  lastEndOf(target: string): Date | undefined {
    return this.#endedAt.get(target);
  }
}
