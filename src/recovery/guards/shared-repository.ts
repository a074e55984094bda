import { judgeActivity } from "../../anomalies/detect-long-allocated-slot.ts";
import type { Pool } from "../../pool/pool.ts";
import { SlotState } from "../../pool/records/slot-record.ts";
import { assessSlot } from "../execute/assess-slot.ts";
import type { RunParts } from "../execute/recovery-parts.ts";
import { isManual } from "../recovery-request.ts";
import type { Refusal } from "../refusal.ts";

/** A new main repository concerns the slots beside: none may be allocated, and in none may anybody work, for every caller. */
export async function refuseForOthers(
  slot: { readonly slotId: string },
  pool: Pool,
  { inspection, thresholds, request }: Pick<RunParts, "inspection" | "thresholds" | "request">,
): Promise<Refusal | undefined> {
  for (const { slotId, repoName, reading } of pool.slots) {
    const isAllocated = reading.kind === "valid" && reading.record.state === SlotState.ALLOCATED;
    if (slotId === slot.slotId || !isAllocated) continue;
    if (!isManual(request))
      return { reason: "allocated", detail: `${slotId} shares the repository and is allocated` };
    const look = await assessSlot({ slotId, repoName }, { inspection, thresholds, isDeep: false });
    if (look === undefined) continue;
    const activity = judgeActivity(look.inspection, thresholds, inspection.clock.now());
    if (activity === "alive")
      return {
        reason: "allocation_alive",
        detail: `somebody works in ${slotId}, which shares the repository`,
      };
  }
  return undefined;
}
