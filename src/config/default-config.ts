import { join } from "node:path";
import { defaultLending } from "./lending-settings.ts";
import type { SidecarConfig } from "./sidecar-config.ts";

const secondsPerMinute = 60;
const secondsPerHour = 3600;
const secondsPerDay = 86_400;

/** All defaults, without loading a YAML reader or a schema: most commands need nothing more. */
export function createDefaultConfig(homeDirectory: string): SidecarConfig {
  const necrocodeDirectory = join(homeDirectory, ".necrocode");
  const workspacesDir = join(necrocodeDirectory, "workspaces");
  return {
    workspacesDir,
    stateDir: stateDirectoryOf(workspacesDir),
    poolsConfig: join(necrocodeDirectory, "config", "pools.yaml"),
    timezone: undefined,
    ...defaultSettings,
  };
}

/** Where our own files are kept unless `state_dir` says otherwise. */
export function stateDirectoryOf(workspacesDir: string): string {
  return join(workspacesDir, ".repo-pool-sidecar");
}

const defaultSettings: Omit<SidecarConfig, "workspacesDir" | "stateDir" | "poolsConfig" | "timezone"> = {
  collector: { schedule: "*/30 * * * * *" },
  detection: {
    maxAllocationHours: 24,
    staleLockHours: 24,
    staleGitLockMinutes: 15,
    staleGitLockMinutesAllocated: 60,
    fullProbePeriodSeconds: secondsPerHour,
    remoteAliases: [],
    heartbeatMaxAgeSeconds: 10 * secondsPerMinute,
  },
  verification: {
    schedule: "0 */5 * * * *",
    connectivityPeriodSeconds: secondsPerDay,
    fullPeriodSeconds: 7 * secondsPerDay,
    budgetRatio: 0.05,
  },
  recovery: {
    strategy: "conservative",
    schedule: undefined,
    concurrency: 2,
    budgetPerHour: 30,
    cooldownSeconds: 10 * secondsPerMinute,
    passes: 1,
    passWaitSeconds: 60,
    lockTimeoutSeconds: 30,
    stormCooldownSeconds: secondsPerHour,
    maxUnhealthyRatio: 0.5,
    minFreeRatio: 0.05,
  },
  salvage: {
    maxAgeSeconds: 30 * secondsPerDay,
    minAgeSeconds: secondsPerDay,
    maxBytes: { kind: "file_system_ratio", ratio: 0.1 },
    exclude: ["node_modules", ".venv", "target", ".cache"],
    pruneSchedule: "0 30 3 * * *",
  },
  remediation: {
    enabled: false,
    mode: "live",
    policies: undefined,
    bearerTokenFile: undefined,
    queueSize: 1000,
    approvalTimeoutSeconds: secondsPerHour,
    maintenanceWindows: [],
    instance: undefined,
  },
  healthCheck: { webhookUrlFile: undefined },
  queue: {
    driver: "local",
    sidecar: undefined,
    postgres: { connectionStringFile: undefined, caFile: undefined },
  },
  metrics: { perSlot: true },
  lending: defaultLending,
};
