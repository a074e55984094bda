import { withScratchCopy, type ScratchRepository } from "../git/scratch/scratch-repository.ts";
import type { CleanUpPlace } from "./clean-up.ts";
import { prepareStaging } from "./staging.ts";

/** With a scratch copy of a slot's repository, without its index. @throws as `withScratchCopy`. */
export function withSlotCopy<T>(
  { slotPath: workTree, directories, stateDir, timeoutSeconds }: CleanUpPlace,
  use: (scratch: ScratchRepository) => Promise<T>,
): Promise<T> {
  const parent = prepareStaging(stateDir);
  return withScratchCopy(directories, use, { parent, workTree, timeoutSeconds, withoutIndex: true });
}
