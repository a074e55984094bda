import { join } from "node:path";
import { removeAbandonedTemporaryDirectories } from "../platform/temporary-directory.ts";
import { makeStateDirectory } from "../platform/state-directory.ts";

/** The directory in which new slots are made before they are renamed into place, on the file system of the pools. */
export function prepareStaging(stateDir: string): string {
  const staging = join(stateDir, "staging");
  makeStateDirectory(staging);
  removeAbandonedTemporaryDirectories(staging);
  return staging;
}
