import type { RecoveryReport } from "../recovery/recovery-report.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";

export const recoveryStates = [
  "queued",
  "awaiting_approval",
  "running",
  "finished",
  "failed",
  "rejected",
  "expired",
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
  /** Undefined where a person asked. */
  readonly policy: string | undefined;
  readonly alert: NominatingAlert | undefined;
  readonly queuedAt: Date;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
  readonly report: RecoveryReport | undefined;
  /** What was thrown; only where failed. */
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
  readonly needsApproval: boolean;
}

/** `duplicate` names the recovery that already covers the target, where it is still remembered. */
export type EnqueueOutcome =
  | { readonly kind: "queued"; readonly recoveryId: string }
  | { readonly kind: "duplicate"; readonly recoveryId: string | undefined }
  | { readonly kind: "full" };

export type ApprovalOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "not_found" }
  | { readonly kind: "not_waiting"; readonly state: RecoveryState };

export interface Approval {
  readonly recoveryId: string;
  readonly operator: string;
}

/**
 * Holds recoveries until they run. One delivery (fingerprint and start of an alert) runs once, and
 * one target has at most one recovery waiting or running.
 */
export interface RecoveryQueue {
  enqueue(nomination: Nomination): EnqueueOutcome;
  /** Makes what was enqueued survive a restart, and lets it run. */
  commit(): void;
  start(): void;
  /** Starts nothing more and resolves when the running recoveries have ended. */
  stop(): Promise<void>;
  approve(approval: Approval): ApprovalOutcome;
  reject(approval: Approval): ApprovalOutcome;
  /** Expires approvals nobody gave, and starts what is no longer held. */
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
  return record.state === "queued" || record.state === "awaiting_approval";
}

export function isActive(record: RecoveryRecord): boolean {
  return isWaiting(record) || record.state === "running";
}
