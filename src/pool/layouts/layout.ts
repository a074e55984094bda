import { dirname, join } from "node:path";
import { findLostAdmin, findOwnAdmin } from "../../git/worktrees.ts";
import type { Pool, Slot } from "../pool.ts";

/** slot.json is in `<pool>/slot<N>` in both layouts. */
export function slotRecordPath(poolDirectory: string, number: number): string {
  return join(poolDirectory, `slot${number}`, "slot.json");
}

/** True if slot.json is among the files of the work tree; else a file of that name there is the agent's. */
export function holdsRecord({ path, recordPath }: Pick<Slot, "path" | "recordPath">): boolean {
  return dirname(recordPath) === path;
}

/** The bare repository that all slots of a worktree pool share. */
export function mainRepositoryPath(poolDirectory: string): string {
  return join(poolDirectory, ".main_repo");
}

/** The repository that the slots of a pool of worktrees share. */
export function mainRepositoryOf({
  directory,
  mainRepository = mainRepositoryPath(directory),
}: Pick<Pool, "directory" | "mainRepository">): string {
  return mainRepository;
}

/**
 * The directories that the parts of a slot lie in: a repair changes nothing outside of them. The repository of a linked work
 * tree is none of them unless it is the pool's own.
 */
export function slotPlaces(
  slot: Slot,
  { directory, mainRepository }: Pick<Pool, "directory" | "mainRepository">,
): string[] {
  if (slot.layout === "clone") return [slot.path];
  if (mainRepository === undefined) return [directory];
  const admin = findOwnAdmin(slot.path, mainRepository) ?? findLostAdmin(slot.path, mainRepository);
  return admin === undefined ? [slot.path] : [slot.path, admin];
}

/** What git takes in no part of a ref's name. */
const notInRefs = /[\s~^:?*[\\]|\.\.|@\{|\.(?=lock$)|\.$/gu;

/** The branch that a worktree pool makes for a slot: the pool's name, as far as git takes it. */
export function slotBranch(repoName: string, number: number): string {
  return `refs/heads/worktree/${repoName.replace(notInRefs, "-")}/slot${number}`;
}
