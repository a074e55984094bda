import { rmSync } from "node:fs";
import { join } from "node:path";
import { readAllObjectTypes } from "../../git/objects/object-batch.ts";
import { copyProven, listClosure } from "../../git/objects/pack-copies.ts";
import { installObjects } from "../../git/scratch/install-objects.ts";
import { withScratchRepository, type ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { syncDirectory } from "../../platform/atomic-file.ts";
import { asError } from "../../platform/coded-error.ts";
import { listAllNames, readDirectory } from "../../platform/directory.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { incomingSuffix, isTransient, removeKept, removeTree } from "../abandoned-salvage.ts";
import { listKeptFolders } from "../salvage-store.ts";
import { readBaseRecord } from "./base-record.ts";
import { basesDirectory, lockBases } from "./base-store.ts";
import { salvageDirectory } from "../kept-directories.ts";

/**
 * Removes bases that no salvage needs, finished or not. If the base of one salvage cannot be read, everything stays.
 * @returns what went wrong.
 */
export async function collectBases(stateDir: string): Promise<string[]> {
  const directory = basesDirectory(stateDir);
  if (readEntry(directory).kind !== "directory") return [];
  const lock = await lockBases(stateDir);
  if (lock.kind === "busy") return [];
  try {
    // Only who holds the lock makes any: what is half there was left by a kill.
    for (const name of listAllNames(directory).filter(isTransient)) removeTree(join(directory, name));
    const live = listLiveIds(stateDir);
    for (const store of listKeptFolders(directory))
      await collectStore(join(directory, store), [...(live.get(store) ?? [])]);
    return [];
  } catch (error) {
    return [`${directory}: ${asError(error).message}`];
  } finally {
    lock.release();
  }
}

/**
 * By the name of the store. @throws if one of the records cannot be read, or not all of the salvages can be seen: there was
 * a directory of salvages when the first base was made, also if none is left in it.
 */
function listLiveIds(stateDir: string): Map<string, Set<string>> {
  const ids = new Map<string, Set<string>>();
  const directory = salvageDirectory(stateDir);
  const reading = readDirectory(directory);
  if (reading.kind !== "entries") throw new Error(`${directory} cannot be listed (${reading.kind})`);
  for (const { name } of reading.entries) {
    const { kind } = readEntry(join(directory, name));
    if (kind === "unreadable") throw new Error(`${join(directory, name)} cannot be read`);
    if (kind !== "directory") continue;
    const record = readBaseRecord(join(directory, name));
    if (record === undefined) continue;
    const known = ids.get(record.store) ?? [];
    ids.set(record.store, new Set([...known, ...record.commits, ...record.objects]));
  }
  return ids;
}

async function collectStore(objects: string, liveIds: readonly string[]): Promise<void> {
  if (liveIds.length === 0) {
    removeKept(objects);
    return;
  }
  const idBytes = liveIds[0]?.length === 64 ? 32 : 20;
  const format = { idBytes, isPartial: false } as const;
  const directory = objects + incomingSuffix;
  await withScratchRepository({ directory, format }, async (scratch) => {
    scratch.borrow(objects);
    const all = await readAllObjectTypes(scratch.source);
    const live = await listClosure(liveIds, scratch);
    const hasGarbage = [...all.types.keys()].some((id) => !live.present.has(id));
    if (all.result.kind === "done" && hasGarbage) await replacePacks(live.present, scratch, objects);
  });
}

/** The new pack is there before an old one goes. */
async function replacePacks(
  ids: ReadonlySet<string>,
  scratch: ScratchRepository,
  objects: string,
): Promise<void> {
  const packs = join(objects, "pack");
  const old = listAllNames(packs);
  const copy = scratch.createOther(join(scratch.directory, "copy"));
  await copyProven(ids, scratch, copy);
  const made = new Set(listAllNames(copy.packs));
  installObjects(copy, { objects, within: objects });
  // Git finds a pack by its index.
  const outdated = old.filter((name) => !made.has(name)).sort((one, other) => rank(one) - rank(other));
  for (const name of outdated) rmSync(join(packs, name), { force: true });
  syncDirectory(packs);
}

function rank(name: string): number {
  return name.endsWith(".idx") ? 0 : 1;
}
