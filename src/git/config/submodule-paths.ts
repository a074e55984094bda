import { readGitConfigFile } from "./git-config.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

/** The file of a work tree that names its submodules. */
export const modulesFileName = ".gitmodules";

/** The paths of the submodules that a work tree's `.gitmodules` names, as it says them: unchecked. */
export function readSubmodulePaths(reader: SlotReader, workTree: string): string[] {
  const reading = readGitConfigFile(reader, `${workTree}/${modulesFileName}`);
  if (reading.kind !== "valid") return [];
  const paths = [...reading.config.values].filter(([key]) => /^submodule\..*\.path$/.test(key));
  return paths.flatMap(([, values]) => values.slice(-1));
}
