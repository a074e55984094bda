import type { CorruptedSlot } from "../../anomalies/anomaly.ts";
import type { CorruptionReason } from "../../anomalies/corruption-reason.ts";
import { judgeActivity } from "../../anomalies/detect-long-allocated-slot.ts";
import { locateRepository } from "../../inspection/probe/worktree-links.ts";
import type { LayoutKind } from "../../pool/pool.ts";
import { asError } from "../../platform/coded-error.ts";
import { SlotState } from "../../pool/records/slot-record.ts";
import { executeStep } from "../steps/execute-step.ts";
import { forceAvailable } from "../steps/force-available.ts";
import { isolate } from "../steps/isolate.ts";
import { refuseForDiskSpace } from "../guards/disk-space.ts";
import type { Refusal } from "../guards/unattended-guards.ts";
import { assessSlot, type SlotAssessment } from "./assess-slot.ts";
import { isSharedBroken, planLadder } from "../plan/plan-recovery.ts";
import type { RecoveryAction } from "../recovery-action.ts";
import type { RecoveryContext } from "./recovery-context.ts";
import { isManual } from "../recovery-request.ts";
import type { StepEnd } from "./recovery-run.ts";
import { saveWork, type SalvageResult } from "../../salvage/save/save-work.ts";
import type { SlotSession } from "./slot-session.ts";

/** Steps before which the slot's work is saved: they could lose what is staged, or what only broken refs still name. */
const savingSteps: readonly RecoveryAction[] = [
  "rebuild_index",
  "restore_refs",
  "refetch_objects",
  "reclone",
];
/** Steps that replace what the slot's owner may still work with. */
const replacingSteps: readonly RecoveryAction[] = ["restore_refs", "refetch_objects", "reclone"];

const poolRebuildNeeded =
  "only a new clone of the shared repository is left to try, which concerns every slot of the pool: allow it with --allow-pool-rebuild";

const linkSteps: readonly RecoveryAction[] = [
  "restore_links",
  "restore_refs",
  "refetch_objects",
  "rebuild_index",
];

/** `failed` is for a later pass, or for isolation. */
export type RepairEnd = "recovered" | "left_alone" | "failed";

/** The first step that could help, for a refusal that comes before any. */
export function firstStep(reasons: readonly CorruptionReason[], layout: LayoutKind): RecoveryAction {
  return planLadder(reasons, layout)[0] ?? "isolate";
}

/** Climbs the ladder of one slot under its lock: each step is verified by the check that accused the slot. */
export class SlotRepair {
  readonly #session: SlotSession;
  readonly #accused: CorruptedSlot;
  readonly #tried = new Set<RecoveryAction>();
  #saved: SalvageResult | undefined;
  #failure: string;
  /** A refusal that no later step may pass: the slot is isolated, also by force nothing more is done. */
  #isSalvageIncomplete = false;
  /** A slot beside is in use: a later run may do what this one may not. */
  #isHeldUp = false;

  constructor(session: SlotSession, accused: CorruptedSlot) {
    this.#session = session;
    this.#accused = accused;
    this.#failure = accused.detail;
  }

  /** What the last failed step said. */
  get failure(): string {
    return this.#failure;
  }

  async run(): Promise<RepairEnd> {
    const first = await this.#session.look();
    if (first !== undefined && first.reasons.length > 0) return this.#runFrom(first);
    const what = first === undefined ? "the slot was gone" : "the fault was gone";
    const action = firstStep(this.#accused.reasons, first?.pool.layout ?? "clone");
    this.#refuse(action, { reason: "fault_gone", detail: `${what} when the slot lock was taken` });
    return "left_alone";
  }

  async #runFrom(first: SlotAssessment): Promise<RepairEnd> {
    let look = first;
    for (;;) {
      if (this.#session.isStopped()) return "left_alone";
      const step = this.#nextStep(look);
      const refusal = this.#session.refuse(look) ?? (await this.#refuseStep(step, look));
      if (refusal !== undefined) {
        this.#refuse(step ?? "isolate", refusal);
        return "left_alone";
      }
      if (step === undefined || this.#isSalvageIncomplete) return "failed";
      this.#tried.add(step);
      const after = await this.#take(step, look);
      // In the new shared repository the slot's own links and refs may be what is left to mend.
      if (step === "reclone") for (const lower of linkSteps) this.#tried.delete(lower);
      if (after === "planned") continue;
      if (this.#isHeldUp) return "left_alone";
      if (after === undefined) return "left_alone";
      if (isSound(after)) return "recovered";
      look = after;
    }
  }

  /** Planned anew after every step: a repaired link shows what was hidden behind it. */
  #nextStep({ reasons, pool }: SlotAssessment): RecoveryAction | undefined {
    const isRebuilt =
      replacesShared(reasons, pool.layout) && this.#session.parts.run.rebuiltPools.has(pool.repoName);
    return planLadder(reasons, pool.layout).find(
      (action) => !this.#tried.has(action) && !(action === "reclone" && isRebuilt),
    );
  }

  /** Takes the slot out of rotation, with what the last step said. */
  async isolate(): Promise<void> {
    const { parts, slot } = this.#session;
    const look = await this.#session.look();
    if (look === undefined) return;
    const refusal = this.#session.refuseIsolation(look);
    if (refusal !== undefined) {
      this.#refuse("isolate", refusal);
      parts.run.fail(
        slot.repoName,
        `${slot.slotId} is not repaired and cannot be isolated: ${refusal.detail}`,
      );
      return;
    }
    const reason = `${this.#accused.reasons.join(", ")}: ${this.#failure}`;
    const end = await parts.run.step(this.#session.subject("isolate", this.#reason()), (note) =>
      isolate(this.#session.context(look, note), reason),
    );
    if (end?.outcome === "done") parts.run.count(slot.repoName, "corruptedIsolated");
    const was = end?.outcome === "done" ? "was isolated" : "could not be repaired or isolated";
    parts.run.fail(slot.repoName, `${slot.slotId} ${was}: ${this.#failure}`);
  }

  /** `recoverSlot` by force: the slot is lent out again with its fault. Work is saved first, or nothing is done. */
  async force(): Promise<boolean> {
    if (this.#isSalvageIncomplete) return false;
    const { parts } = this.#session;
    const look = await this.#session.look();
    if (look === undefined) return false;
    const end = await parts.run.step(this.#session.subject("release", "forced"), async (note) => {
      const context = this.#session.context(look, note);
      const isFirstSave = this.#saved === undefined;
      const saved = await this.#save(context, "forced");
      if (saved.kind === "incomplete") return incomplete(saved);
      return { ...forceAvailable(context, look.reasons), ...(isFirstSave ? salvageIdOf(saved) : {}) };
    });
    return end === undefined || end.outcome === "done";
  }

  /** @returns the slot as it is after the step; `planned` in a dry run; undefined where it is gone. */
  async #take(step: RecoveryAction, before: SlotAssessment): Promise<SlotAssessment | "planned" | undefined> {
    const { run, knownGood, inspection } = this.#session.parts;
    let after: SlotAssessment | undefined;
    const end = await run.step(this.#session.subject(step, this.#reason()), async (note) => {
      const result = await this.#act(step, this.#session.context(before, note));
      after = await this.#session.look();
      if (after === undefined || !isSound(after))
        return after === undefined ? result : markNoEffect(result, before, after);
      const { slot } = after.inspection;
      const { directories } = locateRepository(slot, after.pool.directory);
      await knownGood.remember(after.pool, [{ slot, directories }], inspection.clock.now());
      return { ...result, hasRecovered: true };
    });
    if (end === undefined) return "planned";
    if (end.outcome !== "done" || end.hasRecovered !== true) this.#failure = end.detail;
    this.#isSalvageIncomplete = end.reason === "salvage_incomplete";
    this.#isHeldUp = end.outcome === "refused" && end.reason === "lock_held";
    // The action, or the look after it, broke off: what is there now decides.
    return after ?? (await this.#session.look());
  }

  async #act(step: RecoveryAction, context: RecoveryContext): Promise<StepEnd> {
    if (!savingSteps.includes(step)) return executeStep(step, context);
    if (step === "reclone" && replacesShared(context.reasons, context.pool.layout))
      this.#session.parts.run.rebuiltPools.add(context.pool.repoName);
    const isFirstSave = this.#saved === undefined;
    const saved = await this.#save(context, step);
    // The old directory of a new clone goes to quarantine whole: that is a complete salvage by itself.
    if (saved.kind === "incomplete" && step !== "reclone") return incomplete(saved);
    const result = await attemptStep(step, context);
    // Told by one step alone: each outcome with a salvage counts as one.
    return isFirstSave ? { ...result, ...salvageIdOf(saved) } : result;
  }

  /** A new shared repository concerns the slots beside: none may be lent, and alive not even for a person's run. */
  async #refuseForOthers({ pool }: SlotAssessment): Promise<Refusal | undefined> {
    const { inspection, thresholds, run } = this.#session.parts;
    for (const { slotId, repoName, reading } of pool.slots) {
      const isLent = reading.kind === "valid" && reading.record.state === SlotState.ALLOCATED;
      if (slotId === this.#session.slot.slotId || !isLent) continue;
      if (!isManual(run.request))
        return { reason: "allocated", detail: `${slotId} shares the repository and is lent` };
      const look = await assessSlot({ slotId, repoName }, { inspection, thresholds, isDeep: false });
      if (
        look !== undefined &&
        judgeActivity(look.inspection, thresholds, inspection.clock.now()) === "alive"
      )
        return {
          reason: "allocation_alive",
          detail: `somebody works in ${slotId}, which shares the repository`,
        };
    }
    return undefined;
  }

  /** Once for all steps of a slot. */
  async #save(context: RecoveryContext, reason: string): Promise<SalvageResult> {
    this.#saved ??= await saveWork(context, reason);
    return this.#saved;
  }

  async #refuseStep(step: RecoveryAction | undefined, look: SlotAssessment): Promise<Refusal | undefined> {
    if (step === undefined) return undefined;
    if (replacingSteps.includes(step) && this.#isLent(look))
      return { reason: "allocated", detail: "the slot is lent; only its own repair steps are allowed" };
    if (step !== "reclone") return undefined;
    const { settings, inspection, run } = this.#session.parts;
    const isOfAll = replacesShared(look.reasons, look.pool.layout);
    if (isOfAll && !run.request.options.allowPoolRebuild)
      return { reason: "approval", detail: poolRebuildNeeded };
    const place = { stateDir: inspection.stateDir, pool: look.pool, slot: look.inspection.slot };
    const refusal = refuseForDiskSpace(place, settings.minFreeRatio);
    return refusal ?? (isOfAll ? this.#refuseForOthers(look) : undefined);
  }

  /** Steps that replace the repository need an over-age allocation with a forced release, or a person. */
  #isLent({ inspection }: SlotAssessment): boolean {
    const { reading } = inspection.slot;
    if (reading.kind !== "valid" || reading.record.state !== SlotState.ALLOCATED) return false;
    const { request } = this.#session.parts.run;
    return !this.#session.isReleased && !(request.slotId !== undefined && isManual(request));
  }

  #reason(): string {
    return this.#accused.reasons[0] ?? "";
  }

  #refuse(action: RecoveryAction, refusal: Refusal): void {
    this.#session.parts.run.refuse({ ...this.#session.slot, action }, refusal);
  }
}

/** A new clone then takes the place of what every slot of the pool works with. */
function replacesShared(reasons: readonly CorruptionReason[], layout: LayoutKind): boolean {
  return layout === "worktree" && isSharedBroken(reasons);
}

function isSound(look: SlotAssessment): boolean {
  return look.reasons.length === 0 && look.unchecked === undefined;
}

/** A step that changed nothing of what is wrong had no effect, whatever it says of itself. */
function markNoEffect(result: StepEnd, before: SlotAssessment, after: SlotAssessment): StepEnd {
  const isSame =
    before.reasons.length === after.reasons.length &&
    before.reasons.every((reason) => after.reasons.includes(reason)) &&
    before.detail === after.detail;
  return result.outcome === "done" && isSame ? { ...result, outcome: "no_effect" } : result;
}

/** A step that breaks off must not hide that work was saved before it. */
async function attemptStep(step: RecoveryAction, context: RecoveryContext): Promise<StepEnd> {
  try {
    return await executeStep(step, context);
  } catch (error) {
    return { outcome: "failed", detail: asError(error).message };
  }
}

function incomplete(saved: { detail: string }): StepEnd {
  return { outcome: "refused", reason: "salvage_incomplete", detail: saved.detail };
}

function salvageIdOf(saved: SalvageResult): { salvageId?: string } {
  return saved.kind === "saved" ? { salvageId: saved.salvageId } : {};
}
