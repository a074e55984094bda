import type { ScratchFormat } from "../../git/scratch/scratch-config.ts";
import { withScratchRepository, type ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { stagingPath } from "./staging.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";

/**
 * Makes an empty scratch repository in the state directory. Its name begins with the step's stamp, so that what a killed
 * run leaves of it is removed by the next one.
 */
export function withRepairScratch<T>(
  context: RecoveryContext,
  format: ScratchFormat,
  use: (scratch: ScratchRepository) => Promise<T>,
): Promise<T> {
  return withScratchRepository({ directory: freeStagingPath(context), format }, use);
}

function freeStagingPath({ stateDir, stamp, slot }: RecoveryContext): string {
  const base = `${stagingPath(stateDir, stamp, slot.slotId)}-objects`;
  let path = base;
  for (let count = 1; readEntry(path).kind === "directory"; count++) path = `${base}.${count}`;
  return path;
}
