import { parseSlotId } from "../../pool/slot-id.ts";

/** Targets that may have any slot. */
const wide = ["all", "reclaim"];

/** Whether two targets (`all`, `reclaim`, `pool:<name>`, `slot:<slot_id>`) may have a slot in common. */
export function overlaps(one: string, other: string): boolean {
  if (one === other || wide.includes(one) || wide.includes(other)) return true;
  return one === poolTargetOf(other) || other === poolTargetOf(one);
}

/** The target of the whole pool that a slot belongs to. */
function poolTargetOf(target: string): string | undefined {
  const slot = target.startsWith("slot:") ? parseSlotId(target.slice("slot:".length)) : undefined;
  return slot === undefined ? undefined : `pool:${slot.repoName}`;
}
