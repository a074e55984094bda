import { join } from "node:path";
import { readAlternates } from "../git/objects/alternates.ts";
import { listAdminDirectories, readWorkTreeOf } from "../git/worktrees.ts";
import { uncachedReader } from "../platform/slot-reader.ts";
import type { Slot } from "../pool/pool.ts";
import { locateRepository, type PoolPlace } from "./probe/worktree-links.ts";

/**
 * Linked work trees outside of a slot that were made out of its own repository: without it git takes them for no work trees.
 */
export function listOutsideWorkTrees({ path, layout }: Pick<Slot, "path" | "layout">): string[] {
  if (layout !== "clone") return [];
  return listAdminDirectories(uncachedReader, join(path, ".git")).flatMap((admin) => {
    const workTree = readWorkTreeOf(admin);
    if (workTree === undefined || uncachedReader.isReallyInside(path, workTree)) return [];
    return uncachedReader.readEntry(join(workTree, ".git")).kind === "missing" ? [] : [workTree];
  });
}

/**
 * Other slots of the pool that borrow objects from inside this one, as `git clone --shared` and `--reference` make them:
 * without these objects they are broken.
 */
export function listBorrowers({ path }: Pick<Slot, "path">, pool: PoolPlace): string[] {
  const repositories = new Map<string, string>();
  for (const other of pool.slots) {
    const { directories } = locateRepository(uncachedReader, other, pool);
    if (other.path !== path && directories !== undefined)
      repositories.set(directories.commonDirectory, other.path);
  }
  return [...repositories].flatMap(([repository, borrower]) => {
    if (uncachedReader.isReallyInside(path, repository)) return [];
    const stores = readAlternates(uncachedReader, join(repository, "objects")).directories;
    return stores.some((store) => uncachedReader.isReallyInside(path, store)) ? [borrower] : [];
  });
}
