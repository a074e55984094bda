import { join } from "node:path";
import { readAlternates } from "../git/objects/alternates.ts";
import { listOutsideWorkspaces } from "../git/jujutsu-workspaces.ts";
import { listAdminDirectories, readWorkTreeOf } from "../git/worktrees.ts";
import { uncachedReader } from "../platform/slot-reader.ts";
import type { Slot } from "../pool/pool.ts";
import { locateRepository, type PoolPlace } from "./probe/worktree-links.ts";

/**
 * Linked work trees outside of a slot that were made out of its own repository: without it git takes them for no work trees.
 * So are workspaces of Jujutsu.
 */
export function listOutsideWorkTrees({ path, layout }: Pick<Slot, "path" | "layout">): string[] {
  if (layout !== "clone") return [];
  const linked = listAdminDirectories(uncachedReader, join(path, ".git")).flatMap((admin) => {
    const workTree = readWorkTreeOf(admin);
    if (workTree === undefined || uncachedReader.isReallyInside(path, workTree)) return [];
    return uncachedReader.readEntry(join(workTree, ".git")).kind === "missing" ? [] : [workTree];
  });
  return [...linked, ...listOutsideWorkspaces(path)];
}

interface Borrower {
  /** The slot. */
  readonly path: string;
  readonly repository: string;
}

/** By each store that slots of a pool borrow objects from, those slots. */
export type BorrowedStores = ReadonlyMap<string, readonly Borrower[]>;

/** Reads every slot of the pool. */
export function readBorrowedStores(pool: PoolPlace): BorrowedStores {
  const borrowers = new Map<string, Borrower>();
  for (const slot of pool.slots) {
    const { directories } = locateRepository(uncachedReader, slot, pool);
    if (directories === undefined) continue;
    const repository = directories.commonDirectory;
    if (!borrowers.has(repository)) borrowers.set(repository, { path: slot.path, repository });
  }
  const stores = new Map<string, Borrower[]>();
  for (const borrower of borrowers.values())
    for (const store of listBorrowed(join(borrower.repository, "objects")))
      stores.set(store, [...(stores.get(store) ?? []), borrower]);
  return stores;
}

/** All of a store that is a symbolic link is borrowed. */
function listBorrowed(objectsDirectory: string): readonly string[] {
  const { kind } = uncachedReader.readEntry(objectsDirectory);
  const target = kind === "link" ? uncachedReader.resolveLinks(objectsDirectory) : undefined;
  return target === undefined ? readAlternates(uncachedReader, objectsDirectory).directories : [target];
}

/**
 * Other slots that borrow objects from inside this one, as `git clone --shared`, `--reference` and git-new-workdir make them:
 * without these objects they are broken.
 */
export function listBorrowers({ path }: Pick<Slot, "path">, borrowed: BorrowedStores): string[] {
  return [...borrowed].flatMap(([store, borrowers]) => {
    if (!uncachedReader.isReallyInside(path, store)) return [];
    return borrowers.flatMap((borrower) =>
      uncachedReader.isReallyInside(path, borrower.repository) ? [] : [borrower.path],
    );
  });
}
