import type { RemediationMode } from "../alerts/policy.ts";
import type { RecoveryReport } from "../../recovery/recovery-report.ts";
import type { RecoveryRequest } from "../../recovery/recovery-request.ts";

export const recoveryStates = [
  "queued",
  "waiting_for_approval",
  "running",
  "finished",
  "failed",
  "rejected",
  "expired",
  "fault_gone",
] as const;
export type RecoveryState = (typeof recoveryStates)[number];

/** The alert that nominated a recovery. */
export interface NominatingAlert {
  readonly name: string;
  readonly fingerprint: string;
  readonly startsAt: Date;
}

export interface RecoveryRecord {
  readonly recoveryId: string;
  readonly state: RecoveryState;
  readonly request: RecoveryRequest;
  /** `targetKey` of what the recovery covers. */
  readonly target: string;
  /** Undefined if a person asked. */
  readonly policy: string | undefined;
  readonly alert: NominatingAlert | undefined;
  readonly queuedAt: Date;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
  /** What was done; of a recovery that awaits approval, what would be done. */
  readonly report: RecoveryReport | undefined;
  /** What was thrown; only if it failed. */
  readonly error: string | undefined;
  /** Who approved or rejected it. */
  readonly by: string | undefined;
}

/** A recovery to be queued. */
export interface Nomination {
  readonly request: RecoveryRequest;
  readonly target: string;
  readonly policy: string | undefined;
  readonly alert: NominatingAlert | undefined;
  /** `approve` waits for a person; the request itself says whether it is a dry run. */
  readonly mode: RemediationMode;
}

/** `duplicate` names the recovery that already covers the target, if it is still remembered. */
export type EnqueueOutcome =
  | { readonly kind: "queued"; readonly recoveryId: string }
  | { readonly kind: "duplicate"; readonly recoveryId: string | undefined }
  | { readonly kind: "full" };

export type ApprovalOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "not_found" }
  | { readonly kind: "not_waiting"; readonly state: RecoveryState };

export const approvalDecisions = ["approve", "reject"] as const;
export type ApprovalDecision = (typeof approvalDecisions)[number];

/** What a person decided about a recovery that waits for it. */
export interface Approval {
  readonly recoveryId: string;
  readonly decision: ApprovalDecision;
  readonly operator: string;
  readonly at: Date;
}

/** One firing of one alert; Alertmanager's repeats have the same key. */
export function deliveryKey(alert: NominatingAlert): string {
  return `${alert.fingerprint}@${alert.startsAt.toISOString()}`;
}

export function isWaiting(record: RecoveryRecord): boolean {
  return record.state === "queued" || record.state === "waiting_for_approval";
}

export function isActive(record: RecoveryRecord): boolean {
  return isWaiting(record) || record.state === "running";
}
