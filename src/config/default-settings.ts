// Generated from config-schema.ts by `npm run docs:generate`; do not edit.
import type { FileSettings } from "./sidecar-config.ts";

/** The settings of an empty file. Kept as data, so that a command without a file loads no schema library. */
export const defaultSettings: FileSettings = {
  workspacesDir: "~/.necrocode/workspaces",
  poolsConfig: "~/.necrocode/config/pools.yaml",
  sources: [],
  collector: { schedule: "*/30 * * * * *" },
  detection: {
    maxAllocationHours: 24,
    staleLockHours: 24,
    staleGitLockMinutes: 15,
    staleGitLockMinutesAllocated: 60,
    fullProbePeriodSeconds: 3600,
    remoteAliases: [],
    heartbeatMaxAgeSeconds: 600,
  },
  verification: {
    schedule: "0 */5 * * * *",
    connectivityPeriodSeconds: 86400,
    fullPeriodSeconds: 604800,
    budgetRatio: 0.05,
  },
  recovery: {
    mode: "live",
    strategy: "conservative",
    concurrency: 2,
    budgetPerHour: 30,
    cooldownSeconds: 600,
    passes: 1,
    passWaitSeconds: 60,
    lockTimeoutSeconds: 30,
    slotTimeoutSeconds: 7200,
    stormCooldownSeconds: 3600,
    maxUnhealthyRatio: 0.5,
    minFreeRatio: 0.05,
  },
  salvage: {
    maxAgeSeconds: 2592000,
    minAgeSeconds: 86400,
    maxBytes: { kind: "file_system_ratio", ratio: 0.1 },
    exclude: ["node_modules", ".venv", "target", ".cache"],
    whole: false,
    pruneSchedule: "0 30 3 * * *",
  },
  reclaim: {},
  remediation: {
    enabled: false,
    auth: { credentials: [], openProbes: false },
    queueSize: 1000,
    approvalTimeoutSeconds: 3600,
    maintenanceWindows: [],
  },
  healthCheck: {},
  queue: { driver: "local", postgres: {} },
  fleet: {},
  metrics: { perSlot: true, maxSlotSeries: 1000 },
};
