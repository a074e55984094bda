import type { RepairReason } from "../plan/fault-parts.ts";
import { isBroken, noProgress, type SlotProgress } from "../plan/plan-slot.ts";
import type { PlannedStep, SlotPlan } from "../plan/recovery-plan.ts";
import { firstAction } from "../plan/refused-plan.ts";
import { withFoundFault, type SlotTarget } from "../plan/select-targets.ts";
import type { SlotFacts } from "../plan/slot-facts.ts";
import { goalsOf, type SlotGoals } from "../plan/slot-goals.ts";
import type { StepRule } from "../plan/step-rule.ts";
import type { RecoveryAction } from "../recovery-action.ts";
import type { RecoveryRequest } from "../recovery-request.ts";
import type { Refusal } from "../refusal.ts";
import type { ActionResult } from "./recovery-context.ts";
import type { StepEnd } from "./recovery-run.ts";
import type { CountedResult } from "./report-builder.ts";
import { isStorageFault } from "../../salvage/storage-fault.ts";

export interface StepTaking {
  /** The reason of an isolation, for the person who ends it. */
  readonly because: string;
  /** Looks again before the outcome is written. */
  readonly verify?: (result: ActionResult) => Promise<StepEnd>;
}

/** A slot whose lock is held, as the executor of its plan sees it. */
export interface LockedSlot {
  /** Undefined if the pool has no such slot any more. */
  look(how: { isDeep: boolean }): Promise<SlotFacts | undefined>;
  plan(facts: SlotFacts, goals: SlotGoals, progress: SlotProgress): Promise<SlotPlan>;
  /** Asked last before a step that clones: undefined lets it begin. */
  claimClone(): Promise<Refusal | undefined>;
  take(step: PlannedStep, how: StepTaking): Promise<StepEnd>;
  remember(): Promise<void>;
  refuse(action: RecoveryAction, refusal: Refusal): void;
  fail(message: string): void;
  count(result: CountedResult): void;
  isStopped(): boolean;
}

/** `repaired`: what the repository holds may have changed. `remains`: something is left that a later pass may repair. */
export type SlotEnd = "ended" | "repaired" | "remains";

export interface ExecutionScope {
  readonly request: RecoveryRequest;
  readonly rules: readonly StepRule[];
  /** In a pass that is not the last, a slot that could not be repaired is left for the next. */
  readonly isLastPass: boolean;
}

/** Follows the plan of one slot: takes its first step, looks, and plans again, until nothing is left to do. */
export class PlanExecution {
  #target: SlotTarget;
  readonly #slot: LockedSlot;
  readonly #scope: ExecutionScope;
  #progress: SlotProgress = noProgress;
  readonly #seenReasons = new Set<RepairReason>();
  /** A step that may change what the repository holds was taken. */
  #isTouched = false;
  #hasRecovered = false;
  /** What the last failed step said. */
  #failure = "";

  constructor(target: SlotTarget, slot: LockedSlot, scope: ExecutionScope) {
    this.#target = target;
    this.#slot = slot;
    this.#scope = scope;
  }

  async run(): Promise<SlotEnd> {
    const facts = await this.#slot.look({ isDeep: false });
    if (facts === undefined) {
      const detail = "the slot was gone when its lock was taken";
      this.#slot.refuse(firstAction(this.#target, this.#scope.rules), { reason: "fault_gone", detail });
      return "ended";
    }
    this.#target = withFoundFault(this.#target, facts, this.#scope.request);
    this.#failure = this.#target.repair?.detail ?? "";
    const goals = goalsOf(this.#target, facts, this.#scope);
    this.#refuseWhatIsGone(goals);
    const end = await this.#follow(facts, goals);
    return end === "ended" && this.#hasRecovered && this.#isTouched ? "repaired" : end;
  }

  async #follow(first: SlotFacts, begun: SlotGoals): Promise<"ended" | "remains"> {
    let facts: SlotFacts | undefined = first;
    let goals = begun;
    while (facts !== undefined && !this.#slot.isStopped()) {
      goals = this.#withRelease(goals, facts);
      const plan: SlotPlan = await this.#slot.plan(facts, goals, this.#progress);
      const [next] = plan.steps;
      if (next === undefined) return this.#endUnfinished(facts, goals);
      if (next.refusedNow !== undefined) {
        this.#refuse(next, next.refusedNow);
        return "ended";
      }
      if (this.#needsDeepLook(next, facts)) {
        facts = await this.#slot.look({ isDeep: true });
        continue;
      }
      const overBudget = this.#ruleOf(next)?.clones === true ? await this.#slot.claimClone() : undefined;
      if (overBudget !== undefined) {
        this.#refuse(next, overBudget);
        return "ended";
      }
      facts =
        next.purpose === "repair"
          ? await this.#repair(next, facts, goals)
          : await this.#finish(next, facts, goals);
    }
    return "ended";
  }

  #endUnfinished(facts: SlotFacts, goals: SlotGoals): "ended" | "remains" {
    if (!goals.repairs || !isBroken(facts, this.#progress)) return "ended";
    if (goals.isLastPass) this.#slot.fail(`${this.#target.slotId} could not be repaired: ${this.#failure}`);
    return "remains";
  }

  /** A repaired record may show an allocation that is too old. */
  #withRelease(goals: SlotGoals, facts: SlotFacts): SlotGoals {
    if (goals.release !== undefined) return goals;
    const { release, endsAllocation } = goalsOf(this.#target, facts, this.#scope);
    return { ...goals, release, endsAllocation };
  }

  #refuseWhatIsGone(goals: SlotGoals): void {
    const { release, repair } = this.#target;
    if (release !== undefined && !goals.endsAllocation) {
      const detail = "the slot is no longer long-allocated";
      this.#slot.refuse("release", { reason: "fault_gone", detail });
    }
    if (repair === undefined || goals.repairs) return;
    const detail = "the fault was gone when the slot lock was taken";
    this.#slot.refuse(firstAction(this.#target, this.#scope.rules), { reason: "fault_gone", detail });
  }

  #refuse(step: PlannedStep, refusal: Refusal): void {
    this.#slot.refuse(step.action, refusal);
    if (step.purpose === "isolate" && refusal.reason === "unsafe_path")
      this.#slot.fail(`${this.#target.slotId} is not repaired and cannot be isolated: ${refusal.detail}`);
  }

  #needsDeepLook(step: PlannedStep, facts: SlotFacts): boolean {
    return !facts.isDeep && this.#ruleOf(step)?.needsDeepLook?.(facts) === true;
  }

  /** @returns the slot as it is after the step; undefined if nothing more may be done to it. */
  async #repair(step: PlannedStep, before: SlotFacts, goals: SlotGoals): Promise<SlotFacts | undefined> {
    this.#noteTry(step);
    let after: SlotFacts | undefined;
    const verify = async (result: ActionResult): Promise<StepEnd> => {
      after = await this.#verify(goals);
      if (after === undefined) return result;
      if (isBroken(after, this.#progress)) return markNoEffect(result, before, after);
      await this.#slot.remember();
      return { ...result, hasRecovered: true };
    };
    const end = await this.#slot.take(step, { because: this.#failure, verify });
    if (end.hasRecovered === true) {
      this.#hasRecovered = true;
      this.#slot.count("corruptedRecovered");
    } else this.#failure = end.detail;
    if (end.outcome === "done") this.#reopen(step);
    this.#progress = { ...this.#progress, isSalvageIncomplete: end.reason === "salvage_incomplete" };
    if (isForLater(end)) {
      if (end.outcome === "failed") this.#slot.fail(`${this.#target.slotId} was not repaired: ${end.detail}`);
      return undefined;
    }
    // The step, or the inspection after it, failed: inspect again.
    const found = after ?? (await this.#slot.look({ isDeep: false }));
    if (found !== undefined && end.outcome === "done") this.#reopenForUncovered(step, before, found);
    return found;
  }

  /**
   * Once a step may have changed what the repository holds, a slot that may become available is sound only after a deep
   * check. For one that stays allocated, the check that reported it is enough.
   */
  async #verify(goals: SlotGoals): Promise<SlotFacts | undefined> {
    const facts = await this.#slot.look({ isDeep: false });
    if (facts === undefined || facts.isDeep || isBroken(facts, this.#progress)) return facts;
    const staysAllocated = facts.isAllocated && !goals.endsAllocation;
    return this.#isTouched && !staysAllocated ? this.#slot.look({ isDeep: true }) : facts;
  }

  /** A release, or what comes when no repair helped. */
  async #finish(step: PlannedStep, facts: SlotFacts, goals: SlotGoals): Promise<SlotFacts | undefined> {
    const { slotId, repair } = this.#target;
    const because = `${repair?.reasons.join(", ") ?? ""}: ${this.#failure}`;
    const end = await this.#slot.take(step, { because });
    const isDone = end.outcome === "done";
    switch (step.purpose) {
      case "force":
        this.#progress = { ...this.#progress, hasForced: true };
        return isDone || isForLater(end) ? undefined : facts;
      case "isolate":
        if (isDone) this.#slot.count("corruptedIsolated");
        this.#slot.fail(
          `${slotId} ${isDone ? "was isolated" : "could not be repaired or isolated"}: ${this.#failure}`,
        );
        return undefined;
      default:
        if (isDone && goals.endsAllocation) this.#slot.count("longAllocatedReleased");
        if (!isDone) this.#slot.fail(`${slotId} was not released: ${end.detail}`);
        return undefined;
    }
  }

  #noteTry(step: PlannedStep): void {
    this.#progress = { ...this.#progress, tried: new Set([...this.#progress.tried, step.action]) };
    this.#isTouched ||= this.#ruleOf(step)?.leavesContent !== true;
  }

  /** After a change, another step may help again. */
  #reopen(step: PlannedStep): void {
    const repeated = this.#scope.rules.filter(({ isRepeated }) => isRepeated === true);
    const reopened = new Set(this.#ruleOf(step)?.reopens ?? []);
    for (const { action } of repeated) if (action !== step.action) reopened.add(action);
    const tried = [...this.#progress.tried].filter((action) => !reopened.has(action));
    this.#progress = { ...this.#progress, tried: new Set(tried) };
  }

  /** One fault may hide another that the same step repairs. Each reason is uncovered once, so this comes to an end. */
  #reopenForUncovered(step: PlannedStep, before: SlotFacts, found: SlotFacts): void {
    for (const reason of before.reasons) this.#seenReasons.add(reason);
    const uncovered = found.reasons.filter((reason) => !this.#seenReasons.has(reason));
    const rule = this.#ruleOf(step);
    if (rule?.clones === true || rule?.helps({ ...found, reasons: uncovered }) !== true) return;
    const tried = [...this.#progress.tried].filter((action) => action !== step.action);
    this.#progress = { ...this.#progress, tried: new Set(tried) };
  }

  #ruleOf({ action }: PlannedStep): StepRule | undefined {
    return this.#scope.rules.find((rule) => rule.action === action);
  }
}

/** A step after which the same faults are left had no effect, whatever it returned. */
function markNoEffect(result: ActionResult, before: SlotFacts, after: SlotFacts): ActionResult {
  const isSame =
    before.reasons.length === after.reasons.length &&
    before.reasons.every((reason) => after.reasons.includes(reason)) &&
    before.detail === after.detail;
  return result.outcome === "done" && isSame ? { ...result, outcome: "no_effect" } : result;
}

/** Another slot is in use, or what is the program's own cannot be written: a later run may succeed. */
function isForLater({ outcome, reason }: StepEnd): boolean {
  return isStorageFault(reason) || (outcome === "refused" && reason === "lock_held");
}
