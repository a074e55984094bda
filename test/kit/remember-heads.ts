import { KnownGoodStore } from "../../src/inspection/memory/known-good.ts";
import { locateRepository } from "../../src/inspection/probe/worktree-links.ts";
import { uncachedReader } from "../../src/platform/slot-reader.ts";
import type { PoolManager } from "../../src/pool-manager.ts";

/** Copies HEAD of each slot of the pool that a work tree is in, as `serve` does while nothing is wrong. */
export async function rememberHeads(manager: PoolManager, stateDir: string, workTree: string): Promise<void> {
  const pool = manager.requireWatchedPool(manager.requireWatchedSlot(workTree).repoName);
  const healthy = pool.slots.map((slot) => ({
    slot,
    directories: locateRepository(uncachedReader, slot, pool).directories,
  }));
  await new KnownGoodStore(stateDir).remember(pool, healthy, new Date());
}
