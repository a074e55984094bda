import { join } from "node:path";
import type { SidecarConfig } from "../config/sidecar-config.ts";
import { systemClock } from "../platform/clock.ts";
import { UsageError } from "../platform/coded-error.ts";
import { ApprovalStore } from "../remediation/approval-store.ts";
import { queueFileAt } from "../remediation/queue-file.ts";
import type { Approval, ApprovalDecision, RecoveryRecord } from "../remediation/recovery-queue.ts";
import { recordOperatorEvent } from "../journal/operator-event.ts";
import { commandOperator } from "./run-pauses.ts";

export type PrintedWaitingRecovery = ReturnType<typeof printRecord>;

/**
 * What waits or runs, oldest first, as the queue's file says; what has ended is in `history`.
 * @throws CodedError `QUEUE_FILE_INVALID`
 */
export function listWaitingRecoveries(config: SidecarConfig): PrintedWaitingRecovery[] {
  const decided = new Map(
    new ApprovalStore(config.stateDir).read().map((approval) => [approval.recoveryId, approval]),
  );
  return readQueue(config).map((record) => printRecord(record, config, decided.get(record.recoveryId)));
}

/**
 * Leaves the decision for `serve`, which runs or drops the recovery; where none runs, the next one does.
 * @throws UsageError `RECOVERY_UNKNOWN`, `RECOVERY_NOT_WAITING`; CodedError `QUEUE_FILE_INVALID`
 */
export function decideRecovery(config: SidecarConfig, recoveryId: string, decision: ApprovalDecision): void {
  const record = readQueue(config).find((candidate) => candidate.recoveryId === recoveryId);
  if (record === undefined)
    throw new UsageError(
      "RECOVERY_UNKNOWN",
      `no recovery with the id ${recoveryId} waits: see recoveries list`,
    );
  const [at, operator] = [systemClock.now(), commandOperator()];
  if (record.state !== "waiting_for_approval")
    throw new UsageError("RECOVERY_NOT_WAITING", `the recovery is ${record.state}`);
  if (expiryOf(record, config) <= at)
    throw new UsageError("RECOVERY_NOT_WAITING", "nobody approved the recovery in time: it has expired");
  if (!new ApprovalStore(config.stateDir).leave({ recoveryId, decision, operator, at }))
    throw new UsageError("RECOVERY_NOT_WAITING", "somebody has decided already");
  recordOperatorEvent(config.stateDir, {
    action: decision,
    operator,
    detail: "",
    recoveryId,
    trigger: "command",
  });
}

function readQueue({ stateDir }: SidecarConfig): readonly RecoveryRecord[] {
  return queueFileAt(join(stateDir, "remediation", "queue.json")).read().waiting;
}

function expiryOf({ queuedAt }: RecoveryRecord, { remediation }: SidecarConfig): Date {
  return new Date(queuedAt.getTime() + remediation.approvalTimeoutSeconds * 1000);
}

function printRecord(record: RecoveryRecord, config: SidecarConfig, decided: Approval | undefined) {
  const { request, state } = record;
  const isWaiting = state === "waiting_for_approval" && decided === undefined;
  return {
    id: record.recoveryId,
    status: statusOf(record, decided),
    target: record.target,
    trigger: request.trigger,
    requested_by: request.requestedBy,
    dry_run: request.options.dryRun,
    queued_at: record.queuedAt.toISOString(),
    expires_at: isWaiting ? expiryOf(record, config).toISOString() : null,
  };
}

/** A decision that `serve` has not taken yet counts already. */
function statusOf({ state }: RecoveryRecord, decided: Approval | undefined): string {
  if (state !== "waiting_for_approval" || decided === undefined) return state;
  return decided.decision === "approve" ? "queued" : "rejected";
}
