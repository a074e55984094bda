import type { Trigger } from "../journal/trigger.ts";
import type { ActionReport } from "../recovery/recovery-report.ts";
import type { RecoveryTask } from "../recovery/recovery-request.ts";
import type { RecoveryState } from "../remediation/queue/recovery-queue.ts";

/** A recovery that waits, runs or has ended, as the page and the API show it. */
export interface Recovery {
  readonly recoveryId: string;
  readonly task: RecoveryTask;
  readonly status: RecoveryState;
  readonly trigger: Trigger;
  readonly requestedBy: string;
  /** Undefined if the run covers more than one slot. */
  readonly slotId: string | undefined;
  readonly dryRun: boolean;
  readonly requestedAt: Date;
  readonly finishedAt: Date | undefined;
  /** Only while it waits for approval. */
  readonly expiresAt: Date | undefined;
  readonly actions: readonly ActionReport[];
  readonly errors: readonly string[];
}

/** The task of a run of which only the steps are kept. */
export function taskOf(actions: readonly ActionReport[]): RecoveryTask {
  return actions.some(({ action }) => action === "reclaim") ? "reclaim" : "recover";
}
