import { approvalExpiresAt } from "../remediation/approvals/approval-expiry.ts";
import type { Approval, RecoveryRecord } from "../remediation/queue/recovery-queue.ts";
import { createRecoverReport } from "./recover-report.ts";

export type WaitingRecoveryReport = ReturnType<typeof createWaitingRecoveryReport>;

export interface ApprovalState {
  /** How long a recovery waits for somebody's approval. */
  readonly approvalTimeoutSeconds: number;
  /** A decision that `serve` has not taken yet. */
  readonly decided: Approval | undefined;
}

/** What `recoveries list --json` prints of each recovery. */
export function createWaitingRecoveryReport(
  record: RecoveryRecord,
  { approvalTimeoutSeconds, decided }: ApprovalState,
) {
  const { request } = record;
  const expiresAt = decided === undefined ? approvalExpiresAt(record, { approvalTimeoutSeconds }) : undefined;
  return {
    id: record.recoveryId,
    status: statusOf(record, decided),
    target: record.target,
    trigger: request.trigger,
    requested_by: request.requestedBy,
    dry_run: request.options.dryRun,
    queued_at: record.queuedAt.toISOString(),
    plan: record.report === undefined ? null : createRecoverReport(record.report).actions,
    expires_at: expiresAt?.toISOString() ?? null,
  };
}

/** A decision that `serve` has not taken yet counts already. */
function statusOf({ state }: RecoveryRecord, decided: Approval | undefined): string {
  if (state !== "waiting_for_approval" || decided === undefined) return state;
  return decided.decision === "approve" ? "queued" : "rejected";
}
