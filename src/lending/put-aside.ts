import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { selectLeftovers } from "../anomalies/select-leftovers.ts";
import { listSparseSettings } from "../git/config/work-tree-settings.ts";
import { listHiddenTrees, listOwnAdmins } from "../git/index/other-indexes.ts";
import { listUnfinishedFiles } from "../git/objects/unfinished-files.ts";
import { operationEntries, rerereList } from "../git/operations.ts";
import { readWorkTreeOf } from "../git/worktrees.ts";
import { asError } from "../platform/coded-error.ts";
import { isReallyInside } from "../platform/contained-path.ts";
import { readEntry } from "../platform/regular-file.ts";
import { uncachedReader } from "../platform/slot-reader.ts";
import { moveToQuarantine, type QuarantinePlace } from "../salvage/quarantine.ts";
import type { CleanUp } from "./clean-up.ts";

/** The next agent must not find itself in the middle of a rebase; the agent that began it finds it in quarantine. */
export function quarantineGitOperations(job: CleanUp): void {
  for (const name of operationEntries) {
    const path = join(job.directories.gitDirectory, name);
    const { kind, stats } = readEntry(path);
    const isIdle = name === rerereList && kind === "file" && stats?.size === 0;
    if (kind !== "missing" && !isIdle) moveToQuarantine(path, quarantinePlaceOf(job));
  }
}

/**
 * A work tree that has become whole stays so: by the patterns of an earlier agent, the next change of branch would take files
 * away. Without them git leaves nothing out.
 */
export function quarantineSparsePatterns(job: CleanUp): void {
  const path = join(job.directories.gitDirectory, "info", "sparse-checkout");
  if (readEntry(path).kind === "missing" || listSparseSettings(job.directories).length === 0) return;
  moveToQuarantine(path, quarantinePlaceOf(job));
}

/**
 * The work trees that an agent made inside the slot went with the other untracked files; those inside its git directory go
 * here. What git knows of them goes too: as long as it is there, the next agent can use neither their paths nor their
 * branches. Their branches stay.
 */
export function quarantineNestedWorktrees(job: CleanUp): void {
  const { directories, slotPath, poolDirectory } = job;
  const place = { ...quarantinePlaceOf(job), under: poolDirectory };
  const hidden = listHiddenTrees(directories, slotPath);
  for (const tree of hidden) moveToQuarantine(tree.workTree, place);
  for (const admin of listOwnAdmins(directories, slotPath)) {
    const workTree = readWorkTreeOf(admin);
    const isInSlot = workTree !== undefined && workTree !== slotPath && isReallyInside(slotPath, workTree);
    if (isInSlot || hidden.some((tree) => tree.admin === admin)) moveToQuarantine(admin, place);
  }
}

/**
 * Leaves the directories of submodules that are not checked out empty, as git makes them: what is in them, `git clean` does not
 * remove. @returns what did not work, which stops nothing.
 */
export function quarantineHiddenFiles(directories: readonly string[], job: CleanUp): string[] {
  const place = { ...quarantinePlaceOf(job), within: job.slotPath, under: job.poolDirectory };
  return directories.flatMap((directory) => {
    try {
      moveToQuarantine(directory, place);
      mkdirSync(directory);
      return [];
    } catch (error) {
      return [`the files in ${directory} stay: ${asError(error).message}`];
    }
  });
}

/** Moves aside what killed git commands left among the objects. @returns what did not work, which stops nothing. */
export function quarantineLeftovers(job: CleanUp): string[] {
  const objects = join(job.directories.commonDirectory, "objects");
  const place = { ...quarantinePlaceOf(job), under: job.poolDirectory };
  try {
    for (const { path } of selectLeftovers(listUnfinishedFiles(uncachedReader, objects), job.now))
      moveToQuarantine(path, place);
    return [];
  } catch (error) {
    return [`leftovers of killed git commands stay: ${asError(error).message}`];
  }
}

/** Where a clean-up puts what it moves aside; it takes nothing from outside the slot's repository. */
function quarantinePlaceOf({ stateDir, stamp, slotId, directories }: CleanUp): QuarantinePlace {
  return { stateDir, stamp, slotId, within: directories.commonDirectory, note: () => undefined };
}
