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

export interface ListedSubmodules {
  /** From a repository of the slot. */
  readonly checkedOut: readonly CheckedOutSubmodule[];
  /** Directories with something in them where a submodule is not checked out: git neither shows nor removes it. */
  readonly filled: readonly string[];
}

/** The submodules of a work tree, as the index of its clean-up has them. */
export async function listSubmodules(
  scratch: ScratchRepository,
  { slotPath, directories }: CleanUp,
): Promise<ListedSubmodules> {
  const checkedOut: CheckedOutSubmodule[] = [];
  const filled: string[] = [];
  const readStaged = byEntry((entry) => {
    const [, mode, commit = "", path = ""] = /^(\d+) ([0-9a-f]+) \d\t(.+)$/s.exec(entry) ?? [];
    if (mode !== submoduleMode) return;
    const workTree = join(slotPath, decodeLatin1(path));
    if (!isReallyInside(slotPath, workTree)) return;
    const gitDirectory = locateSubmoduleRepository(uncachedReader, workTree, directories.gitDirectory);
    if (gitDirectory !== undefined) checkedOut.push({ commit, workTree, gitDirectory });
    else if (isFilled(workTree)) filled.push(workTree);
  });
  await scratch.mustRun(["ls-files", "--stage", "-z"], { onOutput: readStaged });
  return { checkedOut, filled };
}

function isFilled(workTree: string): boolean {
  const names = uncachedReader.listAllNames(workTree);
  return names.length > 0 && !names.includes(".git");
}
