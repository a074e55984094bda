import type { RecoveryAction } from "../recovery-action.ts";
import type { Refusal } from "../refusal.ts";
import { isMainRepositoryBroken } from "./fault-parts.ts";
import type { PlannedStep, SlotPlan, StepPurpose } from "./recovery-plan.ts";
import { selectSteps } from "./select-steps.ts";
import type { SlotFacts } from "./slot-facts.ts";
import type { SlotGoals } from "./slot-goals.ts";
import type { StepRule } from "./step-rule.ts";

/** The objection of each guard; undefined if it has none or was not asked. */
export interface GuardFacts {
  readonly everyStep?: Refusal | undefined;
  /** The slot leads out of the pool: only its record, which lies elsewhere, may be written. */
  readonly outside?: Refusal | undefined;
  readonly isolation?: Refusal | undefined;
  readonly release?: Refusal | undefined;
  readonly diskSpace?: Refusal | undefined;
  /** Others use the main repository. */
  readonly sharedRepository?: Refusal | undefined;
}

/** What the run has done to the slot so far. */
export interface SlotProgress {
  readonly tried: ReadonlySet<RecoveryAction>;
  readonly hasReleased: boolean;
  readonly hasForced: boolean;
  /** Work could not be saved: nothing may touch the slot any more. */
  readonly isSalvageIncomplete: boolean;
}

export const noProgress: SlotProgress = {
  tried: new Set(),
  hasReleased: false,
  hasForced: false,
  isSalvageIncomplete: false,
};

export interface PlanInput {
  readonly facts: SlotFacts;
  readonly goals: SlotGoals;
  readonly guards: GuardFacts;
  readonly progress: SlotProgress;
  /** The main repository was cloned again in this run, or could not be: it is not tried for each slot. */
  readonly isMainRepositoryRebuilt: boolean;
}

const poolRebuildNeeded =
  "only a new clone of the main repository is left to try, which concerns every slot of the pool: allow it with --allow-pool-rebuild";

/** True unless the slot is proven sound. Before the first step the check that reported it decides. */
export function isBroken({ reasons, isUnchecked }: SlotFacts, { tried }: SlotProgress): boolean {
  return reasons.length > 0 || (isUnchecked && tried.size > 0);
}

/**
 * The steps that are left for one slot, in the order in which they are tried. Pure, and asked again after every step:
 * what a repair uncovers is then among the reasons. Empty if nothing is left to do, or only a later pass may do it.
 */
export function planSlot(input: PlanInput, rules: readonly StepRule[]): SlotPlan {
  const { facts, goals, progress } = input;
  const { slotId, repoName, reasons } = facts;
  if (!goals.repairs || !isBroken(facts, progress))
    return { slotId, repoName, reasons, steps: planRelease(input) };
  const repairs = planRepairs(input, rules);
  // A slot that could not be repaired is not released: it ends in isolation.
  const release = repairs.length > 0 ? planRelease(input) : [];
  return { slotId, repoName, reasons, steps: [...repairs, ...release, ...planLastSteps(input)] };
}

function planRepairs(input: PlanInput, rules: readonly StepRule[]): PlannedStep[] {
  const { facts, progress, guards } = input;
  if (progress.isSalvageIncomplete || guards.outside !== undefined) return [];
  return selectSteps(facts, rules)
    .filter((rule) => !progress.tried.has(rule.action) && !isDoneForPool(rule, input))
    .map((rule) =>
      plannedStep(input, {
        action: rule.action,
        purpose: "repair",
        reason: facts.reasons.find((reason) => rule.helps({ ...facts, reasons: [reason] })),
        refusal: refuseRepair(rule, input),
      }),
    );
}

function isDoneForPool({ clones }: StepRule, { facts, isMainRepositoryRebuilt }: PlanInput): boolean {
  return clones === true && isMainRepositoryRebuilt && isMainRepositoryBroken(facts);
}

function refuseRepair(rule: StepRule, { facts, goals, guards }: PlanInput): Refusal | undefined {
  const mayReplace = !facts.isAllocated || goals.isNamed || (goals.endsAllocation && !guards.release);
  if (rule.replacesRepository && !mayReplace)
    return { reason: "allocated", detail: "the slot is allocated; only its own repair steps are allowed" };
  if (rule.clones !== true) return undefined;
  const isOfAll = isMainRepositoryBroken(facts);
  if (isOfAll && !goals.allowPoolRebuild) return { reason: "approval", detail: poolRebuildNeeded };
  return guards.diskSpace ?? (isOfAll ? guards.sharedRepository : undefined);
}

function planRelease(input: PlanInput): PlannedStep[] {
  const { goals, guards, progress } = input;
  if (goals.release === undefined || progress.hasReleased) return [];
  const release = { action: "release", purpose: "release", reason: goals.release } as const;
  return [plannedStep(input, { ...release, refusal: guards.outside ?? guards.release })];
}

function planLastSteps(input: PlanInput): PlannedStep[] {
  const { facts, goals, guards, progress } = input;
  if (!goals.isLastPass) return [];
  // A person gives rights back with chown; an isolation would have to be ended too.
  const isOfRights = facts.reasons.length > 0 && facts.reasons.every((reason) => reason === "ownership");
  const mayForce = goals.force && !progress.hasForced && !progress.isSalvageIncomplete;
  return [
    ...(mayForce
      ? [
          plannedStep(input, {
            ...{ action: "release", purpose: "force", reason: "forced" },
            refusal: guards.outside,
          }),
        ]
      : []),
    ...(isOfRights
      ? []
      : [plannedStep(input, { action: "isolate", purpose: "isolate", refusal: guards.isolation })]),
  ];
}

function plannedStep(
  { facts, goals, guards }: PlanInput,
  step: {
    readonly action: RecoveryAction;
    readonly purpose: StepPurpose;
    readonly reason?: string | undefined;
    readonly refusal?: Refusal | undefined;
  },
): PlannedStep {
  const { action, purpose, reason = facts.reasons[0] ?? goals.reported, refusal } = step;
  return {
    ...{ action, purpose, reason },
    endsWhen: purpose === "repair" ? "check_passes" : "step_done",
    refusedNow: guards.everyStep ?? refusal,
  };
}
