import { join } from "node:path";
import { systemClock } from "../../src/platform/clock.ts";
import { readPools } from "../../src/pool/pool-store.ts";
import { restoreWork } from "../../src/salvage/restore/restore-work.ts";
import { saveWork, type SalvagePlace } from "../../src/salvage/save/save-work.ts";
import type { RealPool } from "./real-pool.ts";

/** Where a slot of a real pool is saved from, and to. */
export function salvagePlaceOf(pool: RealPool, number: number): SalvagePlace {
  const [found] = readPools(pool.workspacesDir, { timeZone: "UTC" });
  const slot = found?.slots.find(({ slotId }) => slotId === pool.slotId(number));
  if (found === undefined || slot === undefined) throw new Error(`the pool has no slot ${number}`);
  const stamp = "2026-05-04T12-00-00-000Z-0a1b2c3d";
  const salvage = { exclude: ["node_modules"], whole: false, minFreeRatio: 0 };
  return { pool: found, slot, stateDir: pool.stateDir, clock: systemClock, stamp, salvage };
}

/** @returns where the slot's work is now, as a repository of its own. */
export async function saveAndRestore(pool: RealPool, number: number): Promise<string> {
  const saved = await saveWork(salvagePlaceOf(pool, number), "test");
  if (saved.kind !== "saved") throw new Error(JSON.stringify(saved));
  return restoreTo(pool, saved.salvageId);
}

export async function restoreTo(pool: RealPool, id: string): Promise<string> {
  const { stateDir, workspacesDir } = pool;
  const directory = join(pool.root, "restored");
  await restoreWork({ id, directory, stateDir, workspacesDir, now: new Date() });
  return directory;
}
