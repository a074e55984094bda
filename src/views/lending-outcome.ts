import type { AllocationResult } from "../lending/allocate-slot.ts";
import type { ReleaseResult } from "../lending/release-slot.ts";

/** What an allocation or a release came to: `record` is the slot's slot.json, `refusal` why it did not end well. */
export interface LendingOutcome {
  readonly record: Readonly<Record<string, unknown>> | undefined;
  readonly path: string | undefined;
  readonly warnings: readonly string[];
  readonly refusal: { readonly reason: string; readonly detail: string } | undefined;
}

export function createAllocationOutcome(repoName: string, result: AllocationResult): LendingOutcome {
  if (result.kind === "allocated") {
    const { slot, warnings } = result;
    return { record: slot.reading.record.fields, path: slot.path, warnings, refusal: undefined };
  }
  const reasons = result.passedOver.map(({ slotId, reason, detail }) => `${slotId}: ${reason}: ${detail}`);
  const detail = reasons.length === 0 ? `every slot of ${repoName} is in use` : reasons.join("; ");
  return { record: undefined, path: undefined, warnings: [], refusal: { reason: "none_available", detail } };
}

/** An unusable slot was released and is out of rotation: it has a record and a refusal. */
export function createReleaseOutcome(result: ReleaseResult): LendingOutcome {
  if (result.kind === "refused") return { record: undefined, path: undefined, warnings: [], refusal: result };
  const { slot, salvageId } = result;
  const saved = salvageId === undefined ? [] : [`unsaved work was saved as ${salvageId}`];
  const whole = { record: slot.reading.record.fields, path: slot.path };
  if (result.kind === "unusable") return { ...whole, warnings: saved, refusal: result };
  return { ...whole, warnings: [...saved, ...result.warnings], refusal: undefined };
}
