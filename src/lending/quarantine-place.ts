import type { QuarantinePlace } from "../salvage/quarantine.ts";
import type { CleanUp } from "./clean-up.ts";

/** Where a clean-up puts what it moves aside; it takes nothing from outside of the pool. */
export function quarantinePlaceOf({ stateDir, stamp, slotId, poolDirectory }: CleanUp): QuarantinePlace {
  return { stateDir, stamp, slotId, within: poolDirectory, note: () => undefined };
}
