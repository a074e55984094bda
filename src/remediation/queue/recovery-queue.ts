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

/**
 * Holds recoveries until they run. One delivery (fingerprint and start of an alert) runs once, and
 * one target has at most one recovery waiting or running.
 */
export interface RecoveryQueue {
  enqueue(nomination: Nomination): EnqueueOutcome;
  /** Makes what was enqueued survive a restart, and lets it run. False if it would not survive one. */
  commit(): boolean;
  start(): void;
  /** Starts nothing more and resolves when the running recoveries have ended. */
  stop(): Promise<void>;
  decide(approval: Approval): ApprovalOutcome;
  /** Takes what other processes decided, expires approvals nobody gave, and starts what is no longer held. */
  refresh(): void;
  /** Recoveries that the policy queued since the given time. */
  countQueuedSince(policy: string, since: Date): number;
  /** Newest first. */
  list(): readonly RecoveryRecord[];
  get(recoveryId: string): RecoveryRecord | undefined;
  /** Recoveries that wait: queued or awaiting approval. */
  depth(): number;
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
