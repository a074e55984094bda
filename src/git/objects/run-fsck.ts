import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { deflateSync } from "node:zlib";
import { uncachedReader } from "../../platform/slot-reader.ts";
import type { GitResult } from "../run/git-command.ts";
import { withWholeIndexes } from "../scratch/whole-indexes.ts";
import type { ScratchRepository } from "../scratch/scratch-repository.ts";
import { readAlternates } from "./alternates.ts";
import { looseObjectPath } from "./loose-object.ts";
import { emptyTreeOf } from "./object-id.ts";

/** Runs `git fsck` with these arguments and settings. */
export type RunFsck = (args: readonly string[], settings?: readonly string[]) => Promise<GitResult>;

/**
 * Lets `use` run `git fsck` over a scratch repository and what it borrows, as often as it has to. For each object store fsck
 * starts one more git that verifies the commit-graph, and one for the multi-pack-index, even if no store has such a file: both
 * are then switched off. Source: git's builtin/fsck.c.
 */
export function withFsck<T>(scratch: ScratchRepository, use: (fsck: RunFsck) => Promise<T>): Promise<T> {
  const stores = [scratch.objects, ...readAlternates(uncachedReader, scratch.objects).directories];
  const holdsAny = (folder: string, ...names: readonly string[]): boolean =>
    stores.some((store) => {
      const found = uncachedReader.listNames(`${store}/${folder}`);
      return names.some((name) => found.includes(name));
    });
  const switchedOff = [
    ...(holdsAny("info", "commit-graph", "commit-graphs") ? [] : ["core.commitGraph=false"]),
    ...(holdsAny("pack", "multi-pack-index", "multi-pack-index.d") ? [] : ["core.multiPackIndex=false"]),
  ];
  const fsck: RunFsck = (args, settings = []) =>
    scratch.run(["fsck", "--no-progress", "--no-dangling", ...args], {
      settings: [...settings, ...switchedOff],
    });
  addEmptyTree(scratch);
  return withWholeIndexes(scratch, () => use(fsck));
}

/**
 * Every git knows the empty tree without having it, and writes it for no `git commit-tree` or `git stash export`; fsck alone
 * misses it.
 */
function addEmptyTree({ objects, format }: ScratchRepository): void {
  const path = looseObjectPath(objects, emptyTreeOf(format.idBytes));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, deflateSync("tree 0\0"));
}
