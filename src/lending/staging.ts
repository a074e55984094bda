import { join } from "node:path";
import { removeAbandonedTemporaryDirectories } from "../platform/temporary-directory.ts";
import { makeStateDirectory } from "../platform/state-directory.ts";

/** Where new things are made before they are renamed in, on the pools' own file system. What a killed process left goes. */
export function prepareStaging(stateDir: string): string {
  const staging = join(stateDir, "staging");
  makeStateDirectory(staging);
  removeAbandonedTemporaryDirectories(staging);
  return staging;
}
