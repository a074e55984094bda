import type { RepairReason } from "../../../src/recovery/plan/fault-parts.ts";
import { noProgress, planSlot, type PlanInput } from "../../../src/recovery/plan/plan-slot.ts";
import { defaultRecoveryOptions } from "../../../src/recovery/plan/recovery-options.ts";
import type { SlotPlan } from "../../../src/recovery/plan/recovery-plan.ts";
import type { SlotTarget } from "../../../src/recovery/plan/select-targets.ts";
import type { SlotFacts } from "../../../src/recovery/plan/slot-facts.ts";
import type { SlotGoals } from "../../../src/recovery/plan/slot-goals.ts";
import type { RecoveryRequest } from "../../../src/recovery/recovery-request.ts";
import { recoverySteps } from "../../../src/recovery/steps/step-registry.ts";

export const slot = { slotId: "workspace-demo-slot1", repoName: "demo" };

/** A clone slot that nobody uses. */
export function someFacts(reasons: readonly RepairReason[], given: Partial<SlotFacts> = {}): SlotFacts {
  return {
    ...slot,
    ...{ reasons, layout: "clone", detail: reasons.join(", ") },
    ...{ isStateKnown: true, isAllocated: false, longAllocation: undefined },
    ...{ isDeep: false, isUnchecked: false },
    ...given,
  };
}

/** A run that repairs, by nobody's hand. */
export function someGoals(given: Partial<SlotGoals> = {}): SlotGoals {
  return {
    ...{ reported: "head_invalid", repairs: true, release: undefined, endsAllocation: false },
    ...{ isNamed: false, force: false, allowPoolRebuild: false, isLastPass: true },
    ...given,
  };
}

export function planOf(given: Partial<PlanInput> & Pick<PlanInput, "facts">): SlotPlan {
  const input = { goals: someGoals(), guards: {}, progress: noProgress, isMainRepositoryRebuilt: false };
  return planSlot({ ...input, ...given }, recoverySteps);
}

/** `reclone!disk_space` is a step that a guard refuses now. */
export function stepsOf({ steps }: SlotPlan): string[] {
  return steps.map(({ action, purpose, refusedNow }) => {
    const name = purpose === "force" ? "force" : action;
    return refusedNow === undefined ? name : `${name}!${refusedNow.reason}`;
  });
}

export function aRequest(given: Partial<RecoveryRequest> = {}): RecoveryRequest {
  return {
    ...{ recoveryId: "run-1", trigger: "schedule", requestedBy: "schedule" },
    ...{ slotId: undefined, force: false, options: defaultRecoveryOptions },
    ...given,
  };
}

export function aTarget(given: Partial<SlotTarget> = {}): SlotTarget {
  return { ...slot, release: undefined, repair: undefined, isIsolated: false, ...given };
}
