import type { QuarantinePlace } from "../salvage/quarantine.ts";
import type { CleanUp } from "./clean-up.ts";

/** Where a clean-up puts what it moves aside; it takes nothing from outside the slot's repository. */
export function quarantinePlaceOf({ stateDir, stamp, slotId, directories }: CleanUp): QuarantinePlace {
  return { stateDir, stamp, slotId, within: directories.commonDirectory, note: () => undefined };
}
