import { recordOperatorEvent } from "../../journal/operator-event.ts";
import { UsageError } from "../../platform/coded-error.ts";
import { approvalExpiresAt } from "./approval-expiry.ts";
import { ApprovalStore } from "./approval-store.ts";
import { queueFileAt } from "../queue/queue-file.ts";
import { queueFilePath } from "../queue/queue-storage.ts";
import type { Approval, RecoveryRecord } from "../queue/recovery-queue.ts";

/** A recovery that waits or runs, for a process that does not own the queue. */
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
 * Leaves an operator's decision for `serve`, which runs or drops the recovery; if `serve` is not running, when it next
 * starts. The journal names the operator. The beginning of the id is enough if only one recovery has it.
 * @returns the whole id
 * @throws UsageError `RECOVERY_UNKNOWN`, `RECOVERY_AMBIGUOUS`, `RECOVERY_NOT_WAITING`; CodedError `QUEUE_FILE_INVALID`
 */
export function submitDecision(
  approval: Approval,
  {
    stateDir,
    approvalTimeoutSeconds,
  }: { readonly stateDir: string; readonly approvalTimeoutSeconds: number },
): string {
  const { decision, operator, at } = approval;
  const record = findRecovery(stateDir, approval.recoveryId);
  const { recoveryId } = record;
  const expiresAt = approvalExpiresAt(record, { approvalTimeoutSeconds });
  if (expiresAt === undefined)
    throw new UsageError("RECOVERY_NOT_WAITING", `the recovery is ${record.state}`);
  if (expiresAt <= at)
    throw new UsageError("RECOVERY_NOT_WAITING", "nobody approved the recovery in time: it has expired");
  if (!new ApprovalStore(stateDir).submit({ ...approval, recoveryId }))
    throw new UsageError("RECOVERY_NOT_WAITING", "somebody has decided already");
  recordOperatorEvent(stateDir, { action: decision, operator, detail: "", recoveryId, trigger: "command" });
  return recoveryId;
}

function findRecovery(stateDir: string, beginning: string): RecoveryRecord {
  const found = readQueue(stateDir).filter(({ recoveryId }) => recoveryId.startsWith(beginning));
  const [record] = found;
  if (record === undefined || beginning === "")
    throw new UsageError(
      "RECOVERY_UNKNOWN",
      `no recovery with the id ${beginning} waits: see recoveries list`,
    );
  if (found.length > 1) {
    const ids = found.map(({ recoveryId }) => recoveryId).join(", ");
    throw new UsageError("RECOVERY_AMBIGUOUS", `several recoveries begin with ${beginning}: ${ids}`);
  }
  return record;
}

function readQueue(stateDir: string): readonly RecoveryRecord[] {
  return queueFileAt(queueFilePath(stateDir)).read().waiting;
}
