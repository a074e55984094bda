import type { RecoveryAction } from "../recovery-action.ts";
import type { Refusal } from "../refusal.ts";
import type { RepairReason } from "./fault-parts.ts";
import type { NamedSlot } from "./slot-facts.ts";

/**
 * Why a step is in a plan: `repair` steps are tried in order until the check that reported the slot passes; `release`
 * comes once it passes; `force` and `isolate` come only if it still fails; `move_lock` stands alone.
 */
export const stepPurposes = ["repair", "release", "force", "isolate", "move_lock"] as const;
export type StepPurpose = (typeof stepPurposes)[number];

/** What ends the tries of which a step is one. */
export const endConditions = ["check_passes", "step_done"] as const;
export type EndCondition = (typeof endConditions)[number];

export interface PlannedStep {
  readonly action: RecoveryAction;
  readonly purpose: StepPurpose;
  /** What makes the step necessary. */
  readonly reason: string;
  readonly endsWhen: EndCondition;
  /** The guard that would refuse the step now; a run stops there. */
  readonly refusedNow: Refusal | undefined;
}

/** What a run would do to one slot, or to one orphaned lock, in this order. Made again after each step. */
export interface SlotPlan extends NamedSlot {
  /** What is wrong with the slot; empty if nothing is. */
  readonly reasons: readonly RepairReason[];
  readonly steps: readonly PlannedStep[];
  /** A guard that would hold a run back that no person started. */
  readonly notice?: Refusal | undefined;
}

/** What a run would do: plain data, which a dry run prints. */
export interface RecoveryPlan {
  readonly slots: readonly SlotPlan[];
  readonly lockMoves: readonly SlotPlan[];
  /** Slots that could not be looked at, one sentence each. */
  readonly errors: readonly { readonly repoName: string; readonly message: string }[];
}
