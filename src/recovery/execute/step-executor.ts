import { shareState } from "../../git/scratch/shared-rights.ts";
import { locateRepository } from "../../inspection/probe/worktree-links.ts";
import { asError } from "../../platform/coded-error.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { slotPlaces } from "../../pool/layouts/layout.ts";
import { findStorageFault, isStorageFault } from "../../salvage/storage-fault.ts";
import { saveWork, type SalvageResult } from "../../salvage/save/save-work.ts";
import { isMainRepositoryBroken } from "../plan/fault-parts.ts";
import type { PlannedStep } from "../plan/recovery-plan.ts";
import { forceAvailable } from "../steps/force-available.ts";
import { isolate } from "../steps/isolate.ts";
import type { RecoveryStep } from "../steps/recovery-step.ts";
import { release } from "../steps/release.ts";
import { findStep } from "../steps/step-registry.ts";
import { refuseUnsaved, salvageOf, type ActionResult, type RecoveryContext } from "./recovery-context.ts";
import type { StepEnd } from "./recovery-run.ts";

/** Executes the steps of one slot's plan. Work is saved once, before the first step that could lose some. */
export class StepExecutor {
  readonly #rebuiltPools: Set<string>;
  #saved: SalvageResult | undefined;
  #hasReplacedWork = false;

  constructor(rebuiltPools: Set<string>) {
    this.#rebuiltPools = rebuiltPools;
  }

  get hasReplacedWork(): boolean {
    return this.#hasReplacedWork;
  }

  /** `because`: the reason of an isolation, for the person who ends it. */
  execute(step: PlannedStep, context: RecoveryContext, because: string): Promise<StepEnd> | StepEnd {
    switch (step.purpose) {
      case "repair":
        return attempt(() => this.#repair(findStep(step.action), context), context).finally(() => {
          shareWithGroup(context);
        });
      case "release":
        return releaseSound(context);
      case "force":
        return this.#force(context);
      case "isolate":
        return isolate(context, because);
      case "move_lock":
        throw new Error("a slot lock is no part of a slot's plan");
    }
  }

  async #repair(step: RecoveryStep | undefined, context: RecoveryContext): Promise<ActionResult> {
    if (step === undefined) throw new Error("the plan names a step that is not in the registry");
    if (!step.savesWork) return step.execute(context);
    const { saved, told } = await this.#save(context, step.action);
    if (saved.kind === "incomplete" && step.keepsAll !== true) return refuseUnsaved(saved);
    const mayReplaceWork =
      step.clones === true &&
      saved.kind !== "nothing_unsaved" &&
      readEntry(context.slot.path).kind !== "missing";
    // A large salvage takes time.
    const taken = context.refuseTaken();
    const result =
      taken === undefined
        ? await attempt(() => step.execute(context), context)
        : { outcome: "refused" as const, ...taken };
    const isOfPool =
      step.clones === true && isMainRepositoryBroken({ ...context, layout: context.pool.layout });
    // The other slots of the pool would be isolated for what keeps this one from being tried.
    if (isOfPool && !isStorageFault(result.reason)) this.#rebuiltPools.add(context.pool.repoName);
    this.#hasReplacedWork ||= mayReplaceWork && result.outcome === "done";
    return { ...result, ...told };
  }

  /** The slot becomes available with its fault. Its work is saved first, or nothing is done. */
  async #force(context: RecoveryContext): Promise<ActionResult> {
    const { saved, told } = await this.#save(context, "forced");
    if (saved.kind === "incomplete") return refuseUnsaved(saved);
    return { ...forceAvailable(context, context.reasons), ...told };
  }

  /** Only one step reports the salvage, because each outcome with one is counted. */
  async #save(
    context: RecoveryContext,
    reason: string,
  ): Promise<{ saved: SalvageResult; told: Pick<ActionResult, "salvageId"> }> {
    if (this.#saved !== undefined) return { saved: this.#saved, told: {} };
    const saved = await saveWork(context, reason);
    this.#saved = saved;
    return { saved, told: salvageOf(saved) };
  }
}

/** A step makes files and folders with the rights of its own user. */
function shareWithGroup({ slot, pool }: RecoveryContext): void {
  const { directories } = locateRepository(uncachedReader, slot, pool);
  if (directories === undefined) return;
  const { commonDirectory } = directories;
  if (slotPlaces(slot, pool).some((place) => isReallyInside(place, commonDirectory)))
    shareState(commonDirectory);
}

async function releaseSound(context: RecoveryContext): Promise<StepEnd> {
  const result = await release(context);
  return result.outcome === "done" ? { ...result, hasRecovered: true } : result;
}

/** A step that breaks off must not hide that work was saved before it, nor what is no fault of the slot. */
async function attempt(
  act: () => ActionResult | Promise<ActionResult>,
  { stateDir }: RecoveryContext,
): Promise<ActionResult> {
  try {
    const result = await act();
    if (result.outcome !== "failed") return result;
    return { ...result, ...findStorageFault(new Error(result.detail), stateDir) };
  } catch (error) {
    return { outcome: "failed", detail: asError(error).message, ...findStorageFault(error, stateDir) };
  }
}
