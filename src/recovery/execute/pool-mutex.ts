import type { Snapshot } from "../../anomalies/snapshot.ts";

/**
 * Slots that share a repository are worked on one after the other: two repairs at once would each see the other's half
 * done work, and the second finds repaired what the first one repaired. Slots of a clone pool need not wait.
 */
export class PoolMutex {
  readonly #sharing: ReadonlySet<string>;
  readonly #last = new Map<string, Promise<unknown>>();

  constructor({ pools }: Pick<Snapshot, "pools">) {
    this.#sharing = new Set(
      pools.filter(({ layout }) => layout === "worktree").map(({ repoName }) => repoName),
    );
  }

  /** Runs the task when the tasks before it in the same pool have ended, however they ended. */
  async take<T>(repoName: string, task: () => Promise<T>): Promise<T> {
    if (!this.#sharing.has(repoName)) return task();
    const before = this.#last.get(repoName) ?? Promise.resolve();
    const turn = before.then(task, task);
    this.#last.set(repoName, turn);
    return turn;
  }
}
