import { basename, join } from "node:path";
import type { GitDirectories } from "../../git/git-directory.ts";
import { listOtherIndexes, type OtherIndex } from "../../git/index/other-indexes.ts";
import { indexPath } from "../../git/index/staged-entries.ts";
import { copySlotFile } from "../../git/scratch/copy-slot-file.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import type { UnsavedWorkKind } from "../finding.ts";

/** A work tree, and a copy of its repository that has the state of every work tree made out of it. */
export interface StagedPlace {
  readonly directories: GitDirectories;
  readonly workTree: string;
  readonly scratch: ScratchRepository;
}

/**
 * Whether an index beside the one of the work tree names what its HEAD does not. Such an index may be the only one to know
 * it: a work tree made out of this one can lie anywhere, or be gone.
 */
export async function readOtherStaged(place: StagedPlace): Promise<UnsavedWorkKind[]> {
  for (const other of listOtherIndexes(place.directories, place.workTree)) {
    const kind = await readStaged(other, place);
    if (kind !== undefined) return [kind];
  }
  return [];
}

/** Undefined if the index names nothing that HEAD of its git directory does not. */
export async function readStaged(
  { path, gitDirectory }: OtherIndex,
  { directories, scratch }: StagedPlace,
): Promise<UnsavedWorkKind | undefined> {
  const copyOfGit = scratch.gitDirectoryOf({ ...directories, gitDirectory });
  const copy =
    path === indexPath(gitDirectory) ? indexPath(copyOfGit) : join(copyOfGit, `other-${basename(path)}`);
  if (path !== indexPath(gitDirectory) && !copySlotFile(path, copy)) return "unknown";
  const within = { gitDirectory: copyOfGit, env: { GIT_INDEX_FILE: copy } };
  const head = await scratch.run(["rev-parse", "--verify", "--quiet", "HEAD"], within);
  if (head.kind === "done") {
    const compared = await scratch.run(
      ["diff-index", "--cached", "--quiet", "--ignore-submodules=all", "HEAD", "--"],
      within,
    );
    if (compared.kind === "done") return undefined;
    return compared.kind === "failed" && compared.exitCode === 1 ? "uncommitted" : "unknown";
  }
  const listed = await scratch.run(["ls-files", "--stage", "-z"], within);
  if (listed.kind !== "done") return listed.kind === "output_limit" ? "uncommitted" : "unknown";
  return listed.stdout === "" ? undefined : "uncommitted";
}
