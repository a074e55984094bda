import { createHash } from "node:crypto";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { readAlternates } from "../../git/objects/alternates.ts";
import { looseIds, looseObjectPath } from "../../git/objects/loose-object.ts";
import { hashLooseObject } from "../../git/objects/whole-object.ts";
import { rescuePack } from "../../git/packs/rescue-pack.ts";
import { copySlotFile, isUncopyable } from "../../git/scratch/copy-slot-file.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { listAllNames } from "../../platform/directory.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/**
 * Copies every object of a damaged store that can still be read, one by one if necessary. No ref is trusted, so no object is
 * left out as pushed. Each copy is verified by its id.
 */
export async function recoverObjects(
  slot: { objectsDirectory: string; poolDirectory: string; scratch: ScratchRepository },
  target: ScratchRepository,
): Promise<void> {
  for (const directory of listObjectsDirectories(slot.objectsDirectory, slot.poolDirectory)) {
    for (const name of listAllNames(join(directory, "pack")).filter((each) => each.endsWith(".pack"))) {
      target.throwIfAborted();
      await recoverPack(join(directory, "pack", name), slot.scratch, target);
    }
    for (const objectId of looseIds(uncachedReader, directory)) {
      target.throwIfAborted();
      await copyLooseObject(looseObjectPath(directory, objectId), objectId, target);
    }
  }
}

/** The slot's own, and those that it borrows from inside the pool. Those outside the pool are not copied. */
function listObjectsDirectories(objectsDirectory: string, poolDirectory: string): string[] {
  const isOwn = (directory: string): boolean =>
    readEntry(directory).kind === "directory" && isReallyInside(poolDirectory, directory);
  if (!isOwn(objectsDirectory)) return [];
  return [
    objectsDirectory,
    ...readAlternates(uncachedReader, objectsDirectory, { mayFollow: isOwn }).directories,
  ];
}

/** Whole if it is sound, else what can be read of it. */
async function recoverPack(
  path: string,
  scratch: ScratchRepository,
  target: ScratchRepository,
): Promise<void> {
  const pack = join(target.packs, `pack-${createHash("sha1").update(path).digest("hex")}.pack`);
  if (!copyReadableFile(path, pack)) return;
  const isWhole = await target.run(["index-pack", pack]);
  if (isWhole.kind === "done") return;
  target.throwIfAborted();
  rmSync(pack.replace(/pack$/, "idx"), { force: true });
  const directory = join(scratch.directory, "suspect");
  const index = join(scratch.directory, "suspect.idx");
  try {
    copyReadableFile(path.replace(/pack$/, "idx"), index);
    await rescuePack({ pack, index }, scratch.createOther(directory), target);
  } finally {
    rmSync(directory, { recursive: true, force: true });
    for (const copy of [pack, index]) rmSync(copy, { force: true });
  }
}

function loosePath({ objects }: ScratchRepository, objectId: string): string {
  const path = looseObjectPath(objects, objectId);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

/** False also for a file that cannot be read: the snapshot of the same file tells why. */
function copyReadableFile(from: string, to: string): boolean {
  try {
    return copySlotFile(from, to, { maxBytes: Infinity });
  } catch (error) {
    if (isUncopyable(error)) return false;
    throw error;
  }
}

/** Copied first and proven then: what was proven is what is kept. */
async function copyLooseObject(from: string, objectId: string, target: ScratchRepository): Promise<void> {
  const to = loosePath(target, objectId);
  if (existsSync(to)) return;
  if (!copyReadableFile(from, to)) return;
  if ((await hashLooseObject(to, target.format.idBytes)) !== objectId) rmSync(to);
}
