import type { QuarantinePlace } from "../../salvage/quarantine.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";

/** Where a step puts what it replaces; it takes nothing from outside of the pool. */
export function quarantinePlaceOf(context: RecoveryContext): QuarantinePlace {
  return { ...context, slotId: context.slot.slotId, within: context.pool.directory };
}
