// examples/recovery.mjs: recovers every pool without ending an allocation, for cron.
// node examples/recovery.mjs [CONFIG_FILE]
import { PoolManager } from "repo-pool-sidecar";

const manager = await PoolManager.fromConfigFile(process.argv[2]);

const report = await manager.autoRecover({
  maxAllocationHours: 48,
  recoverCorrupted: true,
  cleanupOrphanedLocks: true,
  forceReleaseLongAllocated: false,
});

console.log(new Date().toISOString(), JSON.stringify(report));
// Cron mails what a job prints, and a service manager tells a failed job by its exit code.
if (report.errors.length > 0) process.exitCode = 1;
