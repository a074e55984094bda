import { join } from "node:path";
import { findSpecialFile } from "../../git/special-files.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import { copyBelow, copyReadable } from "../../git/objects/copy-objects.ts";
import { selectPresent } from "../../git/objects/missing-objects.ts";
import type { Loss } from "./remote-objects.ts";
import { ScratchRepository } from "../../git/scratch/scratch-repository.ts";

const mostSiblings = 8;

/** Repositories of the pool's other clones whose objects can be read without being led elsewhere. */
export function listSiblingRepositories({ pool, slot }: RecoveryContext): string[] {
  return pool.slots
    .filter(({ slotId }) => slotId !== slot.slotId)
    .map(({ path }) => join(path, ".git"))
    .filter((directory) => {
      const objects = join(directory, "objects");
      const isOwn = readEntry(objects).kind === "directory" && isReallyInside(pool.directory, objects);
      return isOwn && findSpecialFile(objects) === undefined;
    })
    .slice(0, mostSiblings);
}

/**
 * Copies missing objects from the other clones of the pool, without the network: an object's name is the hash of its
 * content, and every pack that is written is read back, so a sibling need not be trusted. Nothing of it is changed.
 */
export async function copyFromSiblings(
  context: RecoveryContext,
  scratch: ScratchRepository,
  loss: Loss,
): Promise<void> {
  if (context.slot.layout !== "clone" || scratch.format.isPartial) return;
  const stores = listSiblingRepositories(context).map((directory) => join(directory, "objects"));
  for (const [index, store] of stores.entries()) {
    const source = new ScratchRepository(join(scratch.directory, `sibling-${index}`), scratch.format);
    source.borrow(store);
    const found = await selectPresent(
      source,
      loss.missing.map(({ objectId }) => objectId),
    );
    if (found.size === 0) continue;
    const without = [...(await selectPresent(source, loss.whole))];
    const ends = [...(await selectPresent(source, loss.shallow))].map((id) => `${id}^@`);
    const isCopied = await copyBelow(source, { wanted: [...found], without: [...without, ...ends] }, scratch);
    // A sibling that lacks something below still has the objects themselves.
    if (!isCopied) await copyReadable(source, [...found], scratch);
  }
}
