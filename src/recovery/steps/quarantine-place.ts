import { slotPlaces } from "../../pool/layouts/layout.ts";
import type { QuarantinePlace } from "../../salvage/quarantine.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";

/**
 * Where a step puts what it replaces. It takes nothing from outside the slot. The parts of a worktree slot are in several
 * places of its pool.
 */
export function quarantinePlaceOf(context: RecoveryContext): QuarantinePlace {
  const { slot, pool } = context;
  return { ...context, slotId: slot.slotId, within: slotPlaces(slot, pool) };
}
