import { mkdirSync } from "node:fs";
import { asError } from "../platform/coded-error.ts";
import { moveToQuarantine } from "../salvage/quarantine.ts";
import type { CleanUp } from "./clean-up.ts";
import { quarantinePlaceOf } from "./quarantine-place.ts";

/**
 * Leaves the directories of submodules that are not checked out empty, as git makes them: what is in them, `git clean` does not
 * remove. @returns what did not work, which stops nothing.
 */
export function quarantineHiddenFiles(directories: readonly string[], job: CleanUp): string[] {
  const place = { ...quarantinePlaceOf(job), within: job.slotPath, under: job.poolDirectory };
  return directories.flatMap((directory) => {
    try {
      moveToQuarantine(directory, place);
      mkdirSync(directory);
      return [];
    } catch (error) {
      return [`the files in ${directory} stay: ${asError(error).message}`];
    }
  });
}
