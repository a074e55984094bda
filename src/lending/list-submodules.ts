import { join } from "node:path";
import { readGitFile } from "../git/git-directory.ts";
import { submoduleMode } from "../git/index/staged-entries.ts";
import { byEntry } from "../git/run/split-output.ts";
import type { ScratchRepository } from "../git/scratch/scratch-repository.ts";
import { decodeLatin1 } from "../platform/byte-text.ts";
import { isReallyInside } from "../platform/contained-path.ts";
import { readEntry } from "../platform/regular-file.ts";
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
    const gitDirectory = locateRepository(workTree, directories.gitDirectory);
    if (gitDirectory !== undefined && isReallyInside(slotPath, workTree))
      found.push({ commit, workTree, gitDirectory });
  });
  await scratch.mustRun(["ls-files", "--stage", "-z"], { onOutput: readStaged });
  return found;
}

/** Its own `.git`, or one that the superproject keeps: what a link names elsewhere may be a neighbour's. */
function locateRepository(workTree: string, superproject: string): string | undefined {
  const link = join(workTree, ".git");
  const { kind } = readEntry(link);
  const path = kind === "directory" ? link : kind === "file" ? readGitFile(uncachedReader, link) : undefined;
  if (path === undefined || readEntry(path).kind !== "directory") return undefined;
  const isOwn = isReallyInside(workTree, path) || isReallyInside(join(superproject, "modules"), path);
  return isOwn ? path : undefined;
}
