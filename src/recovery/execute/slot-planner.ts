import { detectLongAllocatedSlot, judgeActivity } from "../../anomalies/detect-long-allocated-slot.ts";
import { stateOf } from "../../inspection/slot-owner.ts";
import { findKnownState } from "../../pool/records/known-state.ts";
import { SlotState } from "../../pool/records/slot-record.ts";
import { refuseForDiskSpace } from "../guards/disk-space.ts";
import { refuseForOthers } from "../guards/shared-repository.ts";
import { refuseByControls, refuseInPlace, refuseOutside, refuseRecord } from "../guards/slot-guards.ts";
import { isMainRepositoryBroken } from "../plan/fault-parts.ts";
import { describeUnpermitted, isPermitted } from "../plan/permitted-actions.ts";
import { planSlot, type GuardFacts, type SlotProgress } from "../plan/plan-slot.ts";
import type { PlannedStep, SlotPlan } from "../plan/recovery-plan.ts";
import type { NamedSlot, SlotFacts } from "../plan/slot-facts.ts";
import type { SlotGoals } from "../plan/slot-goals.ts";
import { isManual } from "../recovery-request.ts";
import type { Refusal } from "../refusal.ts";
import { findStep, recoverySteps } from "../steps/step-registry.ts";
import { assessSlot, type SlotAssessment } from "./assess-slot.ts";
import type { RunParts } from "./recovery-parts.ts";

/** For which steps the costly guards are asked: a run needs the next step alone, a dry run all. */
export type AskedSteps = "next" | "all";

/** Looks at a slot, asks the guards, and plans: the side of a run that changes nothing. */
export class SlotPlanner {
  readonly #slot: NamedSlot;
  readonly #parts: RunParts;
  #assessment: SlotAssessment | undefined;

  constructor(slot: NamedSlot, parts: RunParts) {
    this.#slot = { slotId: slot.slotId, repoName: slot.repoName };
    this.#parts = parts;
  }

  /** The last look. @throws before the first one, and if it found no slot. */
  get assessment(): SlotAssessment {
    if (this.#assessment === undefined) throw new Error(`${this.#slot.slotId} is not there any more`);
    return this.#assessment;
  }

  /** @returns undefined if the pool has no such slot any more. */
  async look(how: { isDeep: boolean }): Promise<SlotFacts | undefined> {
    const { inspection, thresholds, request } = this.#parts;
    const isDeep = how.isDeep || this.#parts.isDeep;
    const endsOldAllocations = request.options.forceReleaseLongAllocated;
    const look = await assessSlot(this.#slot, { inspection, thresholds, isDeep, endsOldAllocations });
    this.#assessment = look;
    if (look === undefined) return undefined;
    const { slot } = look.inspection;
    const state = slot.reading.kind === "valid" ? findKnownState(slot, undefined)?.state : undefined;
    const now = inspection.clock.now();
    return {
      ...this.#slot,
      ...{
        layout: look.pool.layout,
        reasons: look.reasons,
        ownReasons: look.ownReasons,
        detail: look.detail,
        isDeep,
      },
      // A slot without a record cannot lose it.
      isStateKnown: slot.reading.kind === "unrecorded" || (state !== undefined && state !== SlotState.ERROR),
      isAllocated: stateOf(look.inspection) === SlotState.ALLOCATED,
      longAllocation: detectLongAllocatedSlot(look.inspection, thresholds, now)?.reason,
      isUnchecked: look.unchecked !== undefined,
    };
  }

  async plan(facts: SlotFacts, goals: SlotGoals, { progress, asked }: PlanScope): Promise<SlotPlan> {
    const guards = this.#cheapGuards(goals);
    const isMainRepositoryRebuilt = this.#parts.rebuiltPools.has(this.#slot.repoName);
    const input = { facts, goals, guards, progress, isMainRepositoryRebuilt };
    const plan = this.#permitted(planSlot(input, recoverySteps));
    const steps = asked === "all" ? plan.steps : plan.steps.slice(0, 1);
    if (!steps.some(needsRoom)) return plan;
    const withClone = { ...guards, ...(await this.#guardsOfClone(facts)) };
    return this.#permitted(planSlot({ ...input, guards: withClone }, recoverySteps));
  }

  /** What the source of a slot does not allow is left out; if nothing is left, the first step tells so. */
  #permitted(plan: SlotPlan): SlotPlan {
    const { pool } = this.assessment;
    const steps = plan.steps.filter(({ action }) => isPermitted(action, pool));
    const [first] = plan.steps;
    if (steps.length > 0 || first === undefined || pool.source === undefined) return { ...plan, steps };
    const detail = describeUnpermitted(first.action, pool.source);
    return { ...plan, steps: [{ ...first, refusedNow: { reason: "not_permitted", detail } }] };
  }

  #cheapGuards(goals: SlotGoals): GuardFacts {
    const look = this.assessment;
    const { thresholds, inspection, request } = this.#parts;
    const now = inspection.clock.now();
    return {
      everyStep:
        refuseByControls(this.#slot, this.#parts) ?? refuseInPlace({ ...look, thresholds, now }, request),
      outside: refuseOutside(look),
      isolation: refuseRecord({ pool: look.pool, slot: look.inspection.slot }),
      release: goals.endsAllocation ? this.#refuseUnknownActivity() : undefined,
    };
  }

  #refuseUnknownActivity(): Refusal | undefined {
    const { thresholds, inspection, request } = this.#parts;
    const activity = judgeActivity(this.assessment.inspection, thresholds, inspection.clock.now());
    if (activity !== "unknown" || isManual(request)) return undefined;
    return {
      reason: "activity_unknown",
      detail: "the processes of this machine cannot be seen, and there is no fresh heartbeat",
    };
  }

  /** What a clone is measured by is read from the disk: only if one comes next. */
  async #guardsOfClone(facts: SlotFacts): Promise<GuardFacts> {
    const { pool, inspection } = this.assessment;
    const { settings } = this.#parts;
    const place = { stateDir: this.#parts.inspection.stateDir, pool, slot: inspection.slot };
    const isOfAll = isMainRepositoryBroken(facts);
    return {
      diskSpace: refuseForDiskSpace(place, settings.minFreeRatio),
      sharedRepository: isOfAll ? await refuseForOthers(this.#slot, pool, this.#parts) : undefined,
    };
  }
}

export interface PlanScope {
  readonly progress: SlotProgress;
  readonly asked: AskedSteps;
}

function needsRoom({ action }: PlannedStep): boolean {
  return findStep(action)?.clones === true;
}
