import { join } from "node:path";
import { copyProven } from "../../git/objects/pack-copies.ts";
import { readPackIndex } from "../../git/packs/pack-index.ts";
import { feedLines } from "../../git/run/feed-git.ts";
import { byLine } from "../../git/run/split-output.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { listAllNames } from "../../platform/directory.ts";
import type { Base } from "./base-store.ts";

/**
 * Git writes nothing that the store of bases has already, be it for the sake of another salvage alone: what a salvage's refs
 * lead to, and neither it nor its own base has, is copied into it. @throws if such an object is gone meanwhile.
 */
export async function copyBorrowed(base: Base, target: ScratchRepository): Promise<void> {
  const own = listPackedIds(target);
  const borrowed = new Set<string>();
  await target.mustRun(
    ["rev-list", "--objects", "--no-object-names", "--missing=print", "--all", "--stdin"],
    {
      feed: feedLines(base.commits.map((id) => `^${id}^{tree}`)),
      onOutput: byLine((id) => {
        if (!id.startsWith("?") && !own.has(id) && !base.objectIds.has(id)) borrowed.add(id);
      }),
    },
  );
  await copyProven(borrowed, target, target);
}

function listPackedIds({ packs, format }: ScratchRepository): Set<string> {
  const indexes = listAllNames(packs).filter((name) => name.endsWith(".idx"));
  return new Set(
    indexes.flatMap((name) =>
      (readPackIndex(join(packs, name), format.idBytes)?.entries ?? []).map(({ objectId }) => objectId),
    ),
  );
}
