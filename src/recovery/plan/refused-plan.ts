import type { RecoveryAction } from "../recovery-action.ts";
import type { Refusal } from "../refusal.ts";
import type { SlotPlan } from "./recovery-plan.ts";
import { selectSteps } from "./select-steps.ts";
import type { SlotTarget } from "./select-targets.ts";
import type { StepRule } from "./step-rule.ts";

/** The step that a run would begin with, for a refusal that comes before the slot is looked at. */
export function firstAction(
  { repair }: Pick<SlotTarget, "repair">,
  rules: readonly StepRule[],
): RecoveryAction {
  if (repair === undefined) return "release";
  const fault = { reasons: repair.reasons, layout: "clone", isStateKnown: true } as const;
  return selectSteps(fault, rules)[0]?.action ?? "isolate";
}

/** The plan of a slot that a guard keeps a run from. */
export function refusedPlan(
  target: Pick<SlotTarget, "slotId" | "repoName" | "release" | "repair">,
  refusedNow: Refusal,
  rules: readonly StepRule[],
): SlotPlan {
  const { slotId, repoName, repair, release } = target;
  const purpose = repair === undefined ? "release" : "repair";
  const endsWhen = repair === undefined ? "step_done" : "check_passes";
  const reasons = repair?.reasons ?? [];
  const reason = reasons[0] ?? release?.reason ?? "";
  const action = firstAction(target, rules);
  return { slotId, repoName, reasons, steps: [{ action, purpose, reason, endsWhen, refusedNow }] };
}
