import { withGitScope } from "../../git/run/git-scope.ts";
import { locateRepository } from "../../inspection/probe/worktree-links.ts";
import type { StepNote } from "../../journal/step-note.ts";
import { asError } from "../../platform/coded-error.ts";
import { slotPlaces } from "../../pool/layouts/layout.ts";
import { acquireLockOfSlot, type HeldSlotLock } from "../../pool/locks/slot-lock.ts";
import { createStamp } from "../../salvage/create-stamp.ts";
import { refuseByControls, refuseTaken } from "../guards/slot-guards.ts";
import type { SlotProgress } from "../plan/plan-slot.ts";
import type { PlannedStep, SlotPlan } from "../plan/recovery-plan.ts";
import type { NamedSlot, SlotFacts } from "../plan/slot-facts.ts";
import type { SlotGoals } from "../plan/slot-goals.ts";
import { isManual } from "../recovery-request.ts";
import type { RecoveryAction } from "../recovery-action.ts";
import type { Refusal } from "../refusal.ts";
import type { LockedSlot, StepTaking } from "./execute-plan.ts";
import type { RecoveryContext } from "./recovery-context.ts";
import type { LiveParts, RunParts } from "./recovery-parts.ts";
import type { RecoveryRun, StepEnd } from "./recovery-run.ts";
import type { CountedResult } from "./report-builder.ts";
import { SlotPlanner } from "./slot-planner.ts";
import { StepExecutor } from "./step-executor.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** A slot while its lock is held: what is known of it is fresh, and what is done to it is in the journal. */
export class SlotSession implements LockedSlot {
  readonly planner: SlotPlanner;
  readonly #slot: NamedSlot;
  readonly #parts: RunParts;
  readonly #run: RecoveryRun;
  readonly #lock: HeldSlotLock;
  readonly #executor: StepExecutor;
  readonly #stamp: string;
  #isDeep = false;

  constructor(slot: NamedSlot, { parts, run }: LiveParts, lock: HeldSlotLock) {
    this.#slot = { slotId: slot.slotId, repoName: slot.repoName };
    this.#parts = parts;
    this.#run = run;
    this.#lock = lock;
    this.planner = new SlotPlanner(slot, parts);
    this.#executor = new StepExecutor(parts.rebuiltPools);
    this.#stamp = createStamp(parts.inspection.clock.now());
  }

  async look(how: { isDeep: boolean }): Promise<SlotFacts | undefined> {
    const facts = await this.planner.look(how);
    this.#isDeep = facts?.isDeep === true;
    return facts;
  }

  plan(facts: SlotFacts, goals: SlotGoals, progress: SlotProgress): Promise<SlotPlan> {
    return this.planner.plan(facts, goals, { progress, asked: "next" });
  }

  async claimClone(): Promise<Refusal | undefined> {
    const { request, controls } = this.#parts;
    if (isManual(request)) return undefined;
    return controls.cloneBudget?.claim({ slotId: this.#slot.slotId, recoveryId: request.recoveryId });
  }

  take(step: PlannedStep, { because, verify }: StepTaking): Promise<StepEnd> {
    const { action, reason } = step;
    const { pool, inspection } = this.planner.assessment;
    const places = slotPlaces(inspection.slot, pool);
    return this.#run.step({ ...this.#slot, action, reason, stamp: this.#stamp, places }, async (note) => {
      const context = this.#context(note);
      const refusal = context.refuseTaken();
      if (refusal !== undefined) return { outcome: "refused", ...refusal };
      const result = await this.#executor.execute(step, context, because);
      return verify === undefined ? result : verify(result);
    });
  }

  /** The slot is sound: what it is now can be restored later. */
  async remember(): Promise<void> {
    const { pool, inspection } = this.planner.assessment;
    const { directories } = locateRepository(uncachedReader, inspection.slot, pool);
    const { knownGood, inspection: settings } = this.#parts;
    await knownGood.remember(pool, [{ slot: inspection.slot, directories }], settings.clock.now());
  }

  refuse(action: RecoveryAction, refusal: Refusal): void {
    this.#run.refuse({ ...this.#slot, action }, refusal);
  }

  fail(message: string): void {
    this.#run.fail(this.#slot.repoName, message);
  }

  count(result: CountedResult): void {
    this.#run.count(this.#slot.repoName, result);
  }

  isStopped(): boolean {
    return this.#parts.controls.signal?.aborted === true;
  }

  #context(note: StepNote): RecoveryContext {
    const { inspection: settings, thresholds, salvage, knownGood, releaseSlot, request } = this.#parts;
    const { trigger, options } = request;
    const { pool, inspection, reasons, ownReasons, unchecked } = this.planner.assessment;
    return {
      ...{
        ...settings,
        thresholds,
        salvage,
        knownGood,
        releaseSlot,
        trigger,
        options,
        note,
      },
      ...{ pool, slot: inspection.slot, inspection, reasons, ownReasons, stamp: this.#stamp },
      refuseTaken: () => refuseTaken(inspection.slot, this.#lock, settings.timeZone),
      hasReplacedWork: this.#executor.hasReplacedWork,
      isProven: this.#isDeep && unchecked === undefined,
    };
  }
}

/**
 * Runs a task with the slot lock held; a held lock refuses it with the given action. The git commands of the task
 * inherit the lock, so that it stays held until they have ended, should the program be killed. Never throws.
 */
export async function withSlotSession(
  slot: NamedSlot,
  action: RecoveryAction,
  { parts, run }: LiveParts,
  task: (session: SlotSession) => Promise<void>,
): Promise<void> {
  const { inspection, request } = parts;
  const about = { slotId: slot.slotId, repoName: slot.repoName, action };
  try {
    const refusal = refuseByControls(slot, parts);
    if (refusal !== undefined) {
      run.refuse(about, refusal);
      return;
    }
    const lock = await acquireLockOfSlot(slot.slotId, inspection, {
      timeoutSeconds: request.options.lockTimeoutSeconds,
      clock: inspection.clock,
    });
    if (lock.kind === "busy") {
      run.refuse(about, { reason: "lock_held", detail: lock.detail });
      return;
    }
    try {
      const endsAt = performance.now() + parts.settings.slotTimeoutSeconds * 1000;
      const scope = { inheritedDescriptors: [lock.descriptor], recoveryId: request.recoveryId, endsAt };
      await withGitScope(scope, () => task(new SlotSession(slot, { parts, run }, lock)));
    } finally {
      lock.release();
    }
  } catch (error) {
    run.fail(slot.repoName, `${slot.slotId}: ${asError(error).message}`);
  }
}
