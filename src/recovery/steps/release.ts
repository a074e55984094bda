import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";

/** Ends an allocation or an isolation as every release does. */
export async function release({
  pool,
  slot,
  releaseSlot,
}: Pick<RecoveryContext, "pool" | "slot" | "releaseSlot">): Promise<ActionResult> {
  if (slot.reading.kind !== "valid") return { outcome: "failed", detail: "slot.json cannot be read" };
  const end = await releaseSlot({ pool, slot });
  if (end.kind === "refused") return { outcome: "refused", reason: end.reason, detail: end.detail };
  const saved = end.salvageId === undefined ? {} : { salvageId: end.salvageId };
  if (end.kind === "released") {
    const detail = [`${slot.slotId} is available again`, ...end.warnings].join("; ");
    return { outcome: "done", detail, ...saved };
  }
  if (end.reason === "salvage_incomplete")
    return { outcome: "refused", reason: end.reason, detail: `isolated: ${end.detail}`, ...saved };
  const detail = `the allocation has ended, but the slot is not usable (${end.reason}): ${end.detail}`;
  return { outcome: "failed", detail, ...saved };
}
