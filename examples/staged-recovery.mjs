// examples/staged-recovery.mjs: repairs first, and then names the allocations that a person should look at.
// node examples/staged-recovery.mjs [CONFIG_FILE]; WAIT_SECONDS is the time between the passes, 60 by default.
import { setTimeout } from "node:timers/promises";
import { PoolManager } from "repo-pool-sidecar";

const manager = await PoolManager.fromConfigFile(process.argv[2]);

// First pass: orphaned locks and corrupted slots.
const report = await manager.autoRecover({
  recoverCorrupted: true,
  cleanupOrphanedLocks: true,
  forceReleaseLongAllocated: false,
});
console.log(`recovered ${report.corruptedRecovered}, moved ${report.orphanedLocksCleaned} locks aside`);

await setTimeout(Number(process.env["WAIT_SECONDS"] ?? 60) * 1000);

// Second pass: what is left.
const { longAllocatedSlots } = await manager.detectAnomalies();
for (const { slotId, allocatedHours, activity } of longAllocatedSlots)
  console.log(`${slotId}: allocated for ${Math.round(allocatedHours)} h, activity ${activity}`);
