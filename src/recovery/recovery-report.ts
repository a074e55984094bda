import type { EndCondition, StepPurpose } from "./plan/recovery-plan.ts";
import type { ActionOutcome, RecoveryAction, RefusalReason } from "./recovery-action.ts";

/** What became of one step on one slot. */
export interface ActionReport {
  readonly slotId: string;
  readonly repoName: string;
  readonly action: RecoveryAction;
  readonly outcome: ActionOutcome;
  /** The guard if it was refused, else what made the step necessary. */
  readonly reason: RefusalReason | (string & {});
  readonly detail: string;
  readonly durationSeconds: number;
  readonly salvageId?: string;
  /** This and what follows: only if `planned`. */
  readonly purpose?: StepPurpose;
  readonly endsWhen?: EndCondition;
  /** The guard that would refuse the step now. */
  readonly refusedNow?: { readonly reason: RefusalReason; readonly detail: string };
}

/** The guide's five results of a recovery, and each step behind them. */
export interface RecoveryReport {
  readonly longAllocatedReleased: number;
  readonly corruptedRecovered: number;
  readonly corruptedIsolated: number;
  readonly orphanedLocksCleaned: number;
  /** What ended badly, one sentence each. A guard's refusal is not among them. */
  readonly errors: readonly string[];
  readonly dryRun: boolean;
  readonly actions: readonly ActionReport[];
}

export const nothingDone = {
  longAllocatedReleased: 0,
  corruptedRecovered: 0,
  corruptedIsolated: 0,
  orphanedLocksCleaned: 0,
} satisfies Partial<RecoveryReport>;
