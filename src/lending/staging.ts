import { join } from "node:path";
import {
  createTemporaryDirectory,
  removeAbandonedTemporaryDirectories,
} from "../platform/temporary-directory.ts";
import { makeStateDirectory } from "../platform/state-directory.ts";
import { refused, type LendingContext, type Refused } from "./lending-context.ts";
import { systemErrorCode } from "../platform/coded-error.ts";
import { rmSync } from "node:fs";

/**
 * Builds what is to be moved into the pools in a directory of its own beside them, of which nothing stays. `prefix` names it.
 */
export async function withStaging<Result>(
  { stateDir }: Pick<LendingContext, "stateDir">,
  prefix: string,
  build: (staging: string) => Promise<Result>,
): Promise<Result | Refused> {
  const staging = createTemporaryDirectory(prefix, prepareStaging(stateDir));
  try {
    return await build(staging);
  } catch (error) {
    if (systemErrorCode(error) !== "EXDEV") throw error;
    return refused("other_file_system", "the state directory is on another file system than the pools");
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** The directory in which new slots are made before they are renamed into place, on the file system of the pools. */
export function prepareStaging(stateDir: string): string {
  const staging = join(stateDir, "staging");
  makeStateDirectory(staging);
  removeAbandonedTemporaryDirectories(staging);
  return staging;
}
