import { readGitConfigFile } from "./git-config.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

/** The file of a work tree that names its submodules. */
export const modulesFileName = ".gitmodules";

export interface NamedSubmodule {
  readonly name: string;
  /** Below the work tree. */
  readonly path: string;
}

/** The submodules that a work tree's `.gitmodules` names, as it says them: unchecked. */
export function readSubmodules(reader: SlotReader, workTree: string): NamedSubmodule[] {
  const reading = readGitConfigFile(reader, `${workTree}/${modulesFileName}`);
  if (reading.kind !== "valid") return [];
  return [...reading.config.values].flatMap(([key, values]) => {
    const name = /^submodule\.(.*)\.path$/s.exec(key)?.[1];
    return name === undefined ? [] : values.slice(-1).map((path) => ({ name, path }));
  });
}
