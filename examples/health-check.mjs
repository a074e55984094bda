// examples/health-check.mjs: looks at every pool, tells a monitoring system what is wrong, and recovers it.
// node examples/health-check.mjs [CONFIG_FILE]
import { PoolManager } from "repo-pool-sidecar";

const manager = await PoolManager.fromConfigFile(process.argv[2]);

const isHealthy = await manager.healthCheck({ maxAllocationHours: 24 });
if (!isHealthy) {
  const anomalies = await manager.detectAnomalies({ maxAllocationHours: 24 });
  const count =
    anomalies.longAllocatedSlots.length + anomalies.corruptedSlots.length + anomalies.orphanedLocks.length;
  // A pool that could not be read is no anomaly, and not healthy either.
  sendAlert(count > 0 ? `anomalies: ${count}` : "something could not be looked at");

  const report = await manager.autoRecover();
  sendMetric("recovery.slots_released", report.longAllocatedReleased);
  sendMetric("recovery.slots_recovered", report.corruptedRecovered);
  sendMetric("recovery.slots_isolated", report.corruptedIsolated);
  sendMetric("recovery.locks_cleaned", report.orphanedLocksCleaned);
  process.exitCode = 1;
}

/**
 * Replace this by a call of your monitoring system.
 * @param {string} message
 */
function sendAlert(message) {
  console.error(`repo-pool-sidecar: ${message}`);
}

/**
 * Replace this by a call of your monitoring system.
 * @param {string} name
 * @param {number} value
 */
function sendMetric(name, value) {
  console.log(`${name} ${value}`);
}
