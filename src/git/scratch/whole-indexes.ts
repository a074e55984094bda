import { renameSync, rmSync } from "node:fs";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { listStaged } from "../index/list-index.ts";
import { indexPath } from "../index/staged-entries.ts";
import { looseIds, looseObjectPath } from "../objects/loose-object.ts";
import type { ScratchRepository } from "./scratch-repository.ts";

/** The extension of an index that has directories for entries. Source: gitformat-index(5). */
const sparseExtension = "sdir";

/**
 * For as long as `use` takes, gives each index of a scratch copy that is sparse an entry for each file. Git makes the trees
 * of a sparse index as it reads it; `git fsck` by then has listed what objects there are, and misses them. The trees that git
 * makes here are removed again: one of them may be the one that a commit has lost. An index that git cannot read stays as it
 * is.
 */
export async function withWholeIndexes<T>(scratch: ScratchRepository, use: () => Promise<T>): Promise<T> {
  const worktrees = uncachedReader.listNames(`${scratch.directory}/worktrees`);
  const directories = [scratch.directory, ...worktrees.map((name) => scratch.worktree(name))];
  const expanded: string[] = [];
  for (const directory of directories)
    if (mayBeSparse(indexPath(directory)) && (await expand(scratch, directory))) expanded.push(directory);
  try {
    return await use();
  } finally {
    for (const directory of expanded) renameSync(asideOf(directory), indexPath(directory));
  }
}

const asideOf = (gitDirectory: string): string => `${indexPath(gitDirectory)}.sparse`;

/** A sparse index is small for what it holds: a larger one is left to git. */
const maxSparseBytes = 256 * 1024 * 1024;

/** Also true if a path has that text in it: such an index is then written again for nothing. */
function mayBeSparse(path: string): boolean {
  const reading = uncachedReader.readRegularFile(path, { maxBytes: maxSparseBytes });
  return reading.kind === "content" && reading.content.includes(sparseExtension);
}

/** @returns false if git cannot read it. */
async function expand(scratch: ScratchRepository, gitDirectory: string): Promise<boolean> {
  const before = new Set(looseIds(uncachedReader, scratch.objects));
  const listed = await listStaged(scratch, { gitDirectory });
  for (const id of looseIds(uncachedReader, scratch.objects))
    if (!before.has(id)) rmSync(looseObjectPath(scratch.objects, id));
  if (listed.result.kind !== "done") return false;
  const index = indexPath(gitDirectory);
  renameSync(index, asideOf(gitDirectory));
  const written = await scratch.run(["update-index", "-z", "--index-info"], {
    gitDirectory,
    input: listed.output,
  });
  if (written.kind === "done") return true;
  renameSync(asideOf(gitDirectory), index);
  return false;
}
