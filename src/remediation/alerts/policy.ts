import type { RecoveryOptionsInput } from "../../recovery/plan/recovery-options.ts";
import { isMatched, type Matcher } from "./matcher.ts";
import type { Labels } from "./notification.ts";

/** What an unattended run may do, the strictest mode first. */
export const remediationModes = ["off", "dry_run", "approve", "live"] as const;
export type RemediationMode = (typeof remediationModes)[number];

/** `all`: an alert with neither slot nor pool recovers every pool. */
export const policyScopes = ["slot", "all"] as const;
export type PolicyScope = (typeof policyScopes)[number];

export interface RemediationPolicy {
  readonly name: string;
  /** All must hold. */
  readonly matchers: readonly Matcher[];
  readonly options: RecoveryOptionsInput;
  readonly mode: RemediationMode;
  readonly scope: PolicyScope;
  /** Recoveries that the policy may queue within an hour; undefined leaves it to the recovery budget. */
  readonly maxPerHour: number | undefined;
}

export interface RemediationSettings {
  readonly isEnabled: boolean;
  readonly mode: RemediationMode;
  readonly policies: readonly RemediationPolicy[];
  /** Recoveries that may wait at once. */
  readonly queueSize: number;
  /** Recoveries that may run at once. */
  readonly concurrency: number;
  readonly approvalTimeoutSeconds: number;
  /** How long a recovery waits for a lock unless a request says otherwise. */
  readonly lockTimeoutSeconds: number;
  /** This host's `instance` label; undefined lets the inventory alone decide. */
  readonly instance: string | undefined;
}

const autoRecover: Matcher = {
  label: "auto_recover",
  operator: "=",
  value: "true",
  pattern: undefined,
};

function shippedAlertPolicy(name: string, alertName: string): RemediationPolicy {
  const byName: Matcher = { label: "alertname", operator: "=", value: alertName, pattern: undefined };
  return {
    name,
    matchers: [byName, autoRecover],
    options: { strategy: "conservative" },
    mode: "live",
    scope: "slot",
    maxPerHour: undefined,
  };
}

/** The shipped alerts that carry `auto_recover="true"`. */
export const defaultPolicies: readonly RemediationPolicy[] = [
  shippedAlertPolicy("corrupted-slots", "RepoPoolSlotCorrupted"),
  shippedAlertPolicy("orphaned-locks", "RepoPoolLockOrphaned"),
];

export const defaultRemediationSettings: RemediationSettings = {
  isEnabled: false,
  mode: "live",
  policies: defaultPolicies,
  queueSize: 1000,
  concurrency: 2,
  approvalTimeoutSeconds: 3600,
  lockTimeoutSeconds: 30,
  instance: undefined,
};

/** The first policy whose matchers all hold. */
export function selectPolicy(
  policies: readonly RemediationPolicy[],
  labels: Labels,
): RemediationPolicy | undefined {
  return policies.find((policy) => policy.matchers.every((matcher) => isMatched(matcher, labels)));
}

/** The stricter of the two: a policy can only take away from what `recovery.mode` permits. */
export function stricterMode(one: RemediationMode, other: RemediationMode): RemediationMode {
  return permitsMore(one, other) ? other : one;
}

/** True if the first mode permits what the second one forbids. */
export function permitsMore(one: RemediationMode, other: RemediationMode): boolean {
  return remediationModes.indexOf(one) > remediationModes.indexOf(other);
}

/** The mode for alerts and schedules. `remediation.mode` is an older name of `recovery.mode`. */
export function unattendedMode({
  recovery,
  remediation,
}: {
  readonly recovery: { readonly mode: RemediationMode };
  readonly remediation: { readonly mode?: RemediationMode | undefined };
}): RemediationMode {
  return stricterMode(recovery.mode, remediation.mode ?? "live");
}
