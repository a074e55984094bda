import { ApprovalPlanner } from "../approvals/approval-planner.ts";
import type { EndedRecoveries } from "./ended-recoveries.ts";
import { LocalQueue } from "./local-queue.ts";
import type { QueueRulesOptions } from "./queue-rules.ts";
import { QueueRules } from "./queue-rules.ts";
import { QueueState } from "./queue-state.ts";
import { QueueStorage, type QueueStorageOptions } from "./queue-storage.ts";
import { RecoveryWorkers, type RecoveryWorkersOptions } from "./recovery-workers.ts";
import type { RemediationSettings } from "../alerts/policy.ts";

export interface LocalQueueParts
  extends
    Omit<QueueRulesOptions, "live">,
    QueueStorageOptions,
    Pick<RecoveryWorkersOptions, "runner" | "clock" | "logger"> {
  readonly live: { readonly remediation: RemediationSettings };
  readonly ended: EndedRecoveries;
}

/** Nothing runs yet. @throws CodedError `QUEUE_FILE_INVALID`, `STORED_FILE_NEWER` */
export function createLocalQueue(parts: LocalQueueParts): LocalQueue {
  const rules = new QueueRules(parts);
  const storage = new QueueStorage(parts);
  const state = new QueueState({ storage, rules });
  const workers = new RecoveryWorkers({ ...parts, state, rules });
  const planner = new ApprovalPlanner({ state, runner: parts.runner });
  return new LocalQueue({ ...parts, state, storage, rules, workers, planner });
}
