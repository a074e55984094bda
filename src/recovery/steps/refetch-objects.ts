import { existsSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { countOf } from "../../platform/count-of.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { alternatesPath } from "../../git/objects/alternates.ts";
import { looseObjectPath } from "../../git/objects/loose-object.ts";
import { indexPath } from "../../git/index/staged-entries.ts";
import { lookupCachePaths } from "../../git/packs/chunk-file.ts";
import { locateRepository } from "../../inspection/probe/worktree-links.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { leadsOutOfPool } from "../refusal.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { moveAside, replaceFile } from "./replace-file.ts";
import { applyRewind } from "../repair/apply-rewind.ts";
import { completeObjects, type Completion } from "../repair/complete-objects.ts";
import type { ObjectDamage } from "../../git/objects/object-damage.ts";
import { readRepositoryFormat } from "../../git/config/repository-format.ts";
import { formatShallow, shallowPath } from "../../git/refs/shallow.ts";
import { installObjects } from "../../git/scratch/install-objects.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { withRepairScratch } from "../repair/repair-scratch.ts";
import { concerns } from "../plan/fault-parts.ts";
import type { RecoveryStep } from "./recovery-step.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

export const refetchObjectsStep: RecoveryStep = {
  action: "refetch_objects",
  savesWork: true,
  replacesRepository: true,
  helps: (fault) => concerns(fault, "objects", "refs", "index"),
  // What HEAD of an agent's own work tree may be again is known once the objects are there or given up.
  reopens: ["restore_links"],
  execute: refetchObjects,
};

/**
 * Step 5: makes an object store whole. What is damaged goes to quarantine only once everything that can replace it is
 * there: what is readable in damaged packs, what the work tree and the index still hold, what the pool's other clones
 * have, what the remote has. Only what nobody has is given up: its refs go back to the newest commit that is whole.
 */
async function refetchObjects(context: RecoveryContext): Promise<ActionResult> {
  const { pool, slot } = context;
  const { directories } = locateRepository(uncachedReader, slot, pool);
  if (directories === undefined) return { outcome: "no_effect", detail: "the slot has no repository" };
  const objects = join(directories.commonDirectory, "objects");
  if (!isReallyInside(pool.directory, objects) || ["link", "file"].includes(readEntry(objects).kind))
    return { outcome: "refused", ...leadsOutOfPool(objects) };
  return withRepairScratch(context, readRepositoryFormat(directories.commonDirectory), async (scratch) => {
    const completion = await completeObjects(context, scratch, directories);
    if ("detail" in completion) return { outcome: "failed", detail: completion.detail };
    const done = applyCompletion(context, directories, { scratch, completion });
    return done.length > 0
      ? { outcome: "done", detail: done.join("; ") }
      : { outcome: "no_effect", detail: "every object that the repository names is there" };
  });
}

function applyCompletion(
  context: RecoveryContext,
  directories: GitDirectories,
  { scratch, completion }: { scratch: ScratchRepository; completion: Completion },
): string[] {
  const objects = join(directories.commonDirectory, "objects");
  const done = replaceDamage(context, objects, { scratch, damage: completion.damage });
  done.push(...dropCaches(context, objects));
  if (completion.rewind !== undefined) done.push(...applyRewind(context, directories, completion.rewind));
  if (completion.rewind !== undefined || completion.lostEntryCount > 0)
    placeIndex(context, scratch, directories);
  if (completion.lostEntryCount > 0) {
    done.push(`as in HEAD: ${countOf(completion.lostEntryCount, "entry", "entries")} of the index`);
  }
  const { shallow } = completion;
  const path = shallowPath(directories.commonDirectory);
  if (shallow.isDamaged && shallow.commits.length > 0)
    done.push(replaceFile(context, path, formatShallow(shallow.commits)));
  if (shallow.isDamaged && shallow.commits.length === 0) {
    moveAside(context, path);
    done.push(`moved aside ${path}`);
  }
  return done;
}

/** Puts the scratch repository's index into the slot; the one that was there goes to quarantine. */
function placeIndex(
  context: RecoveryContext,
  scratch: ScratchRepository,
  { gitDirectory }: GitDirectories,
): void {
  if (!existsSync(scratch.index)) return;
  moveAside(context, indexPath(gitDirectory));
  scratch.installIndex(indexPath(gitDirectory), gitDirectory);
}

/** New packs come before damaged ones go, so that at no instant anything readable is missing from the store. */
function replaceDamage(
  context: RecoveryContext,
  objects: string,
  { scratch, damage }: { scratch: ScratchRepository; damage: ObjectDamage },
): string[] {
  const done: string[] = [];
  const looseFiles = damage.looseIds.map((id) => looseObjectPath(objects, id));
  for (const path of looseFiles) moveAside(context, path);
  const damagedNames = new Set(damage.packs.flatMap(({ names }) => names));
  const moved = installObjects(scratch, {
    objects,
    damagedNames,
    within: context.slot.layout === "clone" ? context.slot.path : context.pool.directory,
  });
  context.note({ replaced: { directory: objects } });
  if (moved > 0) done.push(`brought ${countOf(moved, "file")} of objects`);
  const packs = join(objects, "pack");
  for (const { base, newIndex } of damage.reindexed) {
    for (const ending of ["idx", "rev"]) moveAside(context, `${base}.${ending}`);
    renameSync(newIndex, join(packs, `${basename(base)}.idx`));
    done.push(`indexed ${base}.pack again`);
  }
  const packFiles = [...damagedNames].map((name) => join(packs, name));
  for (const path of packFiles) moveAside(context, path);
  const damaged = [...looseFiles, ...packFiles];
  if (damaged.length > 0)
    done.push(`moved aside ${damaged.slice(0, 3).join(", ")} (${countOf(damaged.length, "file")})`);
  if (damage.alternates !== undefined) done.push(restoreAlternates(context, objects, damage.alternates));
  return done;
}

function restoreAlternates(context: RecoveryContext, objects: string, living: string): string {
  const path = alternatesPath(objects);
  if (living !== "") return replaceFile(context, path, living);
  moveAside(context, path);
  return `moved aside ${path}`;
}

/** Git makes these again from the objects, and trusts them over the objects while they are there. */
function dropCaches(context: RecoveryContext, objects: string): string[] {
  const caches = lookupCachePaths(objects).filter(
    (path) => readEntry(path).kind !== "missing" && isReallyInside(context.pool.directory, dirname(path)),
  );
  for (const path of caches) moveAside(context, path);
  return caches.map((path) => `moved aside ${path}`);
}
