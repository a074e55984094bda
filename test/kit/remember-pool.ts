import { KnownGoodStore } from "../../src/inspection/memory/known-good.ts";
import { locateRepository } from "../../src/inspection/probe/worktree-links.ts";
import { systemTimeZone } from "../../src/pool/records/local-time.ts";
import { readPools } from "../../src/pool/pool-store.ts";
import type { RealPool } from "./real-pool.ts";
import { uncachedReader } from "../../src/platform/slot-reader.ts";

/** Copies the metadata and the small files of every slot, as `serve` does while all is healthy. */
export async function rememberPool({ workspacesDir, stateDir }: RealPool): Promise<void> {
  const [pool] = readPools(workspacesDir, { timeZone: systemTimeZone() });
  if (pool === undefined) throw new Error("there is no pool");
  const slots = pool.slots.map((slot) => ({
    slot,
    directories: locateRepository(uncachedReader, slot, pool).directories,
  }));
  await new KnownGoodStore(stateDir).remember(pool, slots, new Date());
}
