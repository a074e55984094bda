import { join } from "node:path";
import { findSpecialFile } from "../../git/special-files.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import type { RecoveryContext } from "../recovery-context.ts";
import { copyBelow, copyReadable } from "./copy-objects.ts";
import { selectPresent } from "./missing-objects.ts";
import type { Loss } from "./remote-objects.ts";
import { Workbench } from "./workbench.ts";

const mostSiblings = 8;

/**
 * Copies missing objects from the other clones of the pool, without the network: an object's name is the hash of its
 * content, and every pack that is written is read back, so a sibling need not be trusted. Nothing of it is changed.
 */
export async function copyFromSiblings(
  context: RecoveryContext,
  bench: Workbench,
  loss: Loss,
): Promise<void> {
  const { pool, slot } = context;
  if (slot.layout !== "clone" || bench.format.isPartial) return;
  const stores = pool.slots
    .filter(({ slotId }) => slotId !== slot.slotId)
    .map(({ path }) => join(path, ".git", "objects"))
    .filter((store) => readEntry(store).kind === "directory" && isReallyInside(pool.directory, store))
    .filter((store) => findSpecialFile(store) === undefined);
  for (const [index, store] of stores.slice(0, mostSiblings).entries()) {
    const source = new Workbench(join(bench.directory, `sibling-${index}`), bench.format);
    source.borrow(store);
    const found = await selectPresent(
      source,
      loss.missing.map(({ objectId }) => objectId),
    );
    if (found.size === 0) continue;
    const without = [...(await selectPresent(source, loss.whole))];
    const ends = [...(await selectPresent(source, loss.shallow))].map((id) => `${id}^@`);
    const isCopied = await copyBelow(source, { wanted: [...found], without: [...without, ...ends] }, bench);
    // A sibling that lacks something below still has the objects themselves.
    if (!isCopied) await copyReadable(source, [...found], bench);
  }
}
