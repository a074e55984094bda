import { recordOperatorEvent } from "../../journal/operator-event.ts";
import { UsageError } from "../../platform/coded-error.ts";
import { approvalExpiresAt } from "./approval-expiry.ts";
import { ApprovalStore } from "./approval-store.ts";
import { queueFileAt } from "../queue/queue-file.ts";
import { queueFilePath } from "../queue/queue-storage.ts";
import type { Approval, RecoveryRecord } from "../queue/recovery-queue.ts";

/** A recovery that waits or runs, as a process sees it that does not own the queue. */
export interface WaitingRecovery {
  readonly record: RecoveryRecord;
  /** A decision that `serve` has not taken yet. */
  readonly decided: Approval | undefined;
}

/** Oldest first, as the queue's file says. @throws CodedError `QUEUE_FILE_INVALID` */
export function readWaitingRecoveries(stateDir: string): WaitingRecovery[] {
  const approvals = new ApprovalStore(stateDir).read();
  const decided = new Map(approvals.map((approval) => [approval.recoveryId, approval]));
  return readQueue(stateDir).map((record) => ({ record, decided: decided.get(record.recoveryId) }));
}

/**
 * Leaves an operator's decision for `serve`, which runs or drops the recovery; if none runs, the next one does. The
 * journal names the operator.
 * @throws UsageError `RECOVERY_UNKNOWN`, `RECOVERY_NOT_WAITING`; CodedError `QUEUE_FILE_INVALID`
 */
export function submitDecision(
  approval: Approval,
  {
    stateDir,
    approvalTimeoutSeconds,
  }: { readonly stateDir: string; readonly approvalTimeoutSeconds: number },
): void {
  const { recoveryId, decision, operator, at } = approval;
  const record = readQueue(stateDir).find((candidate) => candidate.recoveryId === recoveryId);
  if (record === undefined)
    throw new UsageError(
      "RECOVERY_UNKNOWN",
      `no recovery with the id ${recoveryId} waits: see recoveries list`,
    );
  const expiresAt = approvalExpiresAt(record, { approvalTimeoutSeconds });
  if (expiresAt === undefined)
    throw new UsageError("RECOVERY_NOT_WAITING", `the recovery is ${record.state}`);
  if (expiresAt <= at)
    throw new UsageError("RECOVERY_NOT_WAITING", "nobody approved the recovery in time: it has expired");
  if (!new ApprovalStore(stateDir).submit(approval))
    throw new UsageError("RECOVERY_NOT_WAITING", "somebody has decided already");
  recordOperatorEvent(stateDir, { action: decision, operator, detail: "", recoveryId, trigger: "command" });
}

function readQueue(stateDir: string): readonly RecoveryRecord[] {
  return queueFileAt(queueFilePath(stateDir)).read().waiting;
}
