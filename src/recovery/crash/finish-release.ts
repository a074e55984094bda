import { SlotState } from "../../pool/records/slot-record.ts";
import { assessSlot } from "../execute/assess-slot.ts";
import type { ActionResult } from "../execute/recovery-context.ts";
import type { RunParts } from "../execute/recovery-parts.ts";
import type { NamedSlot } from "../plan/slot-facts.ts";
import { refuseByControls, refuseBySlot } from "../guards/slot-guards.ts";
import { release } from "../steps/release.ts";

/** `waiting`: not now, a later run may. `ended`: as `end` says, or there was nothing to end. */
export type FinishedRelease =
  | { readonly kind: "waiting"; readonly detail: string }
  | { readonly kind: "ended"; readonly end: ActionResult | undefined };

/**
 * Releases a slot that a killed release left in `cleaning`: its allocation has ended, and nobody else ends its clean-up.
 * In another state the release had not begun, or was done. The slot's lock is held.
 */
export async function finishRelease(slot: NamedSlot, parts: RunParts): Promise<FinishedRelease> {
  const { inspection, thresholds, request, releaseSlot } = parts;
  const look = await assessSlot(slot, { inspection, thresholds, isDeep: false });
  const reading = look?.inspection.slot.reading;
  if (look === undefined || reading?.kind !== "valid" || reading.record.state !== SlotState.CLEANING)
    return { kind: "ended", end: undefined };
  if (request.options.dryRun) return { kind: "waiting", detail: "`recovery.mode` leaves it to a person" };
  const now = inspection.clock.now();
  const refusal = refuseByControls(slot, parts) ?? refuseBySlot({ ...look, thresholds, now }, request);
  if (refusal !== undefined) return { kind: "waiting", detail: refusal.detail };
  return {
    kind: "ended",
    end: await release({ pool: look.pool, slot: look.inspection.slot, releaseSlot }),
  };
}
