import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import type { RealPool } from "./real-pool.ts";

/** Of a pool, with the usual configuration. */
export function managerOf({ root, workspacesDir, stateDir }: RealPool): PoolManager {
  return new PoolManager({ config: { ...createDefaultConfig(root), workspacesDir, stateDir } });
}

/** @throws if the slot is not released */
export async function releaseSlot(pool: RealPool, number: number) {
  const result = await managerOf(pool).releaseSlotDetailed(pool.slotId(number));
  if (result.kind !== "released") throw new Error(JSON.stringify(result));
  return result;
}
