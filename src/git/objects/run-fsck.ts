import { uncachedReader } from "../../platform/slot-reader.ts";
import type { GitResult } from "../run/git-command.ts";
import { withWholeIndexes } from "../scratch/whole-indexes.ts";
import type { ScratchRepository } from "../scratch/scratch-repository.ts";
import { readAlternates } from "./alternates.ts";

/**
 * Runs `git fsck` over a scratch repository and what it borrows. For each object store fsck starts one more git that
 * verifies the commit-graph, and one for the multi-pack-index, even if no store has such a file: both are then switched off.
 * Source: git's builtin/fsck.c.
 */
export function runFsck(
  scratch: ScratchRepository,
  args: readonly string[],
  settings: readonly string[] = [],
): Promise<GitResult> {
  const stores = [scratch.objects, ...readAlternates(uncachedReader, scratch.objects).directories];
  const holdsAny = (folder: string, ...names: readonly string[]): boolean =>
    stores.some((store) => {
      const found = uncachedReader.listNames(`${store}/${folder}`);
      return names.some((name) => found.includes(name));
    });
  const command = ["fsck", "--no-progress", "--no-dangling", ...args];
  const allSettings = [
    ...settings,
    ...(holdsAny("info", "commit-graph", "commit-graphs") ? [] : ["core.commitGraph=false"]),
    ...(holdsAny("pack", "multi-pack-index", "multi-pack-index.d") ? [] : ["core.multiPackIndex=false"]),
  ];
  return withWholeIndexes(scratch, () => scratch.run(command, { settings: allSettings }));
}
