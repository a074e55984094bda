import { isManual, type RecoveryRequest } from "../recovery-request.ts";
import type { SlotTarget } from "./select-targets.ts";
import type { SlotFacts } from "./slot-facts.ts";

/** What a run wants of a slot, and what it may do. */
export interface SlotGoals {
  /** The first reason for which the run came to the slot. */
  readonly reported: string;
  readonly repairs: boolean;
  /** Why the slot is released once it is sound; undefined if it is not. */
  readonly release: string | undefined;
  /** The release ends an allocation, which permits the steps that replace the repository. */
  readonly endsAllocation: boolean;
  /** A person named the slot. */
  readonly isNamed: boolean;
  /** The slot becomes available even if it cannot be repaired. */
  readonly force: boolean;
  readonly allowPoolRebuild: boolean;
  /** A slot that is not repaired is left to the next pass, if there is one. */
  readonly isLastPass: boolean;
}

/**
 * What is left to do for a target after an inspection: nothing for a fault or an age that is gone. A slot whose allocation is
 * to end is repaired first.
 */
export function goalsOf(
  target: SlotTarget,
  facts: Pick<SlotFacts, "reasons" | "longAllocation">,
  { request, isLastPass }: { request: RecoveryRequest; isLastPass: boolean },
): SlotGoals {
  const { slotId, force, options } = request;
  const ended = options.forceReleaseLongAllocated ? facts.longAllocation : undefined;
  const mayRepair = target.repair !== undefined || (ended !== undefined && options.recoverCorrupted);
  return {
    reported: target.repair?.reasons[0] ?? "",
    repairs: mayRepair && facts.reasons.length > 0,
    release: ended ?? (target.isIsolated ? "isolated" : undefined),
    endsAllocation: ended !== undefined,
    isNamed: slotId !== undefined && isManual(request),
    ...{ force, isLastPass, allowPoolRebuild: options.allowPoolRebuild },
  };
}
