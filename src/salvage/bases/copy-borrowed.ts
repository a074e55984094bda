import { join } from "node:path";
import { copyProven, listReachable } from "../../git/objects/pack-copies.ts";
import { readPackedIds } from "../../git/packs/pack-index.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { listAllNames } from "../../platform/directory.ts";
import type { Base } from "./base-store.ts";

/**
 * Git does not write an object that the store of bases already has, even if only another salvage needs it there. So objects
 * that a salvage's refs lead to, and that neither it nor its own base has, are copied into it. @throws if one is gone.
 */
export async function copyBorrowed(base: Base, target: ScratchRepository): Promise<void> {
  const own = listPackedIds(target);
  const { present } = await listReachable(target, base.commits);
  const borrowed = [...present].filter((id) => !own.has(id) && !base.objectIds.has(id));
  await copyProven(new Set(borrowed), target, target);
}

function listPackedIds({ packs, format }: ScratchRepository): Set<string> {
  const indexes = listAllNames(packs).filter((name) => name.endsWith(".idx"));
  return new Set(indexes.flatMap((name) => readPackedIds(join(packs, name), format.idBytes) ?? []));
}
