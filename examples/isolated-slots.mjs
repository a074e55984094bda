// examples/isolated-slots.mjs: goes through the isolated slots of a pool and tries to recover each.
// node examples/isolated-slots.mjs POOL [--force]; with --force a slot becomes available even if its repair failed.
import { PoolManager, SlotState } from "repo-pool-sidecar";

const [poolName, flag] = process.argv.slice(2);
if (poolName === undefined) {
  console.error("usage: node examples/isolated-slots.mjs POOL [--force]");
  process.exit(2);
}
const manager = await PoolManager.fromConfigFile();

const pool = await manager.getPool(poolName);
for (const slot of pool.slots.filter(({ state }) => state === SlotState.ERROR)) {
  // A slot that a release left broken is in the same state, and not isolated: `recover` repairs it.
  if (slot.metadata["isolated_at"] === undefined) continue;
  console.log(`${slot.slotId}: isolated at ${slot.metadata["isolated_at"]}`);
  console.log(`  reason: ${slot.metadata["isolation_reason"]}`);

  const isUsable = await manager.recoverSlot(slot.slotId, { force: flag === "--force" });
  console.log(isUsable ? "  recovered" : "  not recovered: look at it by hand");
  if (!isUsable) process.exitCode = 1;
}
