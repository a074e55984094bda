import type { RecoveryOptions, Strategy } from "../recovery/plan/recovery-options.ts";
import type { RemediationMode } from "../remediation/policy.ts";
import type { LendingSettings } from "./lending-settings.ts";
import type { StorageLimit } from "./storage-limit.ts";

export const queueDrivers = ["local", "postgres"] as const;
export type QueueDriver = (typeof queueDrivers)[number];

/** Which alerts a policy answers, and with what. The first policy that matches wins. */
export interface PolicySettings {
  readonly name: string;
  /** Alertmanager matchers, such as `alertname="RepoPoolSlotCorrupted"`. */
  readonly matchers: readonly string[];
  readonly strategy: Strategy | undefined;
  readonly options: Partial<RecoveryOptions>;
  readonly mode: RemediationMode | undefined;
  readonly scope: "slot" | "all";
  readonly maxPerHour: number | undefined;
}

export interface MaintenanceWindow {
  readonly schedule: string;
  readonly durationSeconds: number;
  readonly pool: string | undefined;
}

/** Every setting, with units in the names. Undefined means "none" or "ask the system". */
export interface SidecarConfig {
  readonly workspacesDir: string;
  readonly stateDir: string;
  readonly poolsConfig: string;
  readonly timezone: string | undefined;
  readonly collector: { readonly schedule: string };
  readonly detection: {
    readonly maxAllocationHours: number;
    readonly staleLockHours: number;
    readonly staleGitLockMinutes: number;
    readonly staleGitLockMinutesAllocated: number;
    readonly fullProbePeriodSeconds: number;
    readonly remoteAliases: readonly string[];
    readonly heartbeatMaxAgeSeconds: number;
  };
  readonly verification: {
    readonly schedule: string;
    readonly connectivityPeriodSeconds: number;
    readonly fullPeriodSeconds: number;
    /** Share of one core's time. */
    readonly budgetRatio: number;
  };
  readonly recovery: {
    readonly strategy: Strategy;
    readonly schedule: string | undefined;
    readonly concurrency: number;
    /** Slots acted on per hour. */
    readonly budgetPerHour: number;
    readonly cooldownSeconds: number;
    readonly passes: number;
    readonly passWaitSeconds: number;
    readonly lockTimeoutSeconds: number;
    readonly stormCooldownSeconds: number;
    readonly maxUnhealthyRatio: number;
    readonly minFreeRatio: number;
  };
  readonly salvage: {
    readonly maxAgeSeconds: number;
    readonly minAgeSeconds: number;
    readonly maxBytes: StorageLimit;
    readonly exclude: readonly string[];
    readonly pruneSchedule: string;
  };
  readonly remediation: {
    readonly enabled: boolean;
    readonly mode: RemediationMode;
    /** Undefined: the policies for the shipped alerts. */
    readonly policies: readonly PolicySettings[] | undefined;
    readonly bearerTokenFile: string | undefined;
    readonly queueSize: number;
    readonly approvalTimeoutSeconds: number;
    readonly maintenanceWindows: readonly MaintenanceWindow[];
    /** This host's `instance` label. */
    readonly instance: string | undefined;
  };
  readonly healthCheck: { readonly webhookUrlFile: string | undefined };
  readonly queue: {
    readonly driver: QueueDriver;
    /** This host's name in a fleet; undefined: `remediation.instance`, else the system's host name. */
    readonly sidecar: string | undefined;
    readonly postgres: {
      readonly connectionStringFile: string | undefined;
      readonly caFile: string | undefined;
    };
  };
  readonly metrics: { readonly perSlot: boolean };
  /** From the pool manager's pools.yaml. */
  readonly lending: LendingSettings;
}
