import { join } from "node:path";
import { submoduleMode } from "../git/index/staged-entries.ts";
import { byEntry } from "../git/run/split-output.ts";
import type { ScratchRepository } from "../git/scratch/scratch-repository.ts";
import { locateSubmoduleRepository } from "../git/submodule-repository.ts";
import { decodeLatin1 } from "../platform/byte-text.ts";
import { isReallyInside } from "../platform/contained-path.ts";
import { uncachedReader } from "../platform/slot-reader.ts";
import type { CleanUp } from "./clean-up.ts";

export interface CheckedOutSubmodule {
  /** That its superproject records. */
  readonly commit: string;
  readonly workTree: string;
  readonly gitDirectory: string;
}

/** The submodules of a work tree, as the index of its clean-up has them, that are checked out from a repository of the slot. */
export async function listSubmodules(
  scratch: ScratchRepository,
  { slotPath, directories }: CleanUp,
): Promise<CheckedOutSubmodule[]> {
  const found: CheckedOutSubmodule[] = [];
  const readStaged = byEntry((entry) => {
    const [, mode, commit = "", path = ""] = /^(\d+) ([0-9a-f]+) \d\t(.+)$/s.exec(entry) ?? [];
    if (mode !== submoduleMode) return;
    const workTree = join(slotPath, decodeLatin1(path));
    const gitDirectory = locateSubmoduleRepository(uncachedReader, workTree, directories.gitDirectory);
    if (gitDirectory !== undefined && isReallyInside(slotPath, workTree))
      found.push({ commit, workTree, gitDirectory });
  });
  await scratch.mustRun(["ls-files", "--stage", "-z"], { onOutput: readStaged });
  return found;
}
