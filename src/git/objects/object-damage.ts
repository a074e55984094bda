import { basename, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { readLivingAlternates } from "./alternates.ts";
import { looseIds, looseObjectPath } from "./loose-object.ts";
import { hashLooseObject } from "./whole-object.ts";
import { readPackIndex } from "../packs/pack-index.ts";
import { listPackBases } from "../packs/pack-names.ts";
import { isSpecialFile } from "../special-files.ts";
import type { ScratchRepository } from "../scratch/scratch-repository.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** A pack that git cannot use as it is, with the files that belong to it. */
export interface DamagedPack {
  /** Path without the ending. */
  readonly base: string;
  readonly names: readonly string[];
}

/** Everything in an object store that is not what its name says. Nothing is changed by finding it. */
export interface ObjectDamage {
  readonly looseIds: readonly string[];
  readonly packs: readonly DamagedPack[];
  /** Sound packs whose index is missing or damaged; the new index is in the scratch repository under the same name. */
  readonly reindexed: readonly { readonly base: string; readonly newIndex: string }[];
  /** If the alternates file names a store that is gone: what it says without that. */
  readonly alternates: string | undefined;
}

/** Reads every object of a store once: loose ones are hashed here, packs by `git index-pack` into the scratch repository. */
export async function findObjectDamage(scratch: ScratchRepository, objects: string): Promise<ObjectDamage> {
  const damagedIds = await findDamagedLoose(objects, scratch.format.idBytes);
  const packs: DamagedPack[] = [];
  const reindexed: { base: string; newIndex: string }[] = [];
  for (const pack of listPacks(objects)) {
    const checked = await checkPack(scratch, pack);
    if (checked === "damaged") packs.push(pack);
    else if (checked !== "sound") reindexed.push({ base: pack.base, newIndex: checked.newIndex });
  }
  return { looseIds: damagedIds, packs, reindexed, alternates: readLivingAlternates(objects) };
}

const objectsBetweenTurns = 200;

async function findDamagedLoose(objects: string, idBytes: 20 | 32): Promise<string[]> {
  const damaged: string[] = [];
  let count = 0;
  for (const objectId of looseIds(uncachedReader, objects)) {
    if (count++ % objectsBetweenTurns === 0) await nextTurn();
    const found = await hashLooseObject(looseObjectPath(objects, objectId), idBytes);
    if (found !== objectId) damaged.push(objectId);
  }
  return damaged;
}

function listPacks(objects: string): DamagedPack[] {
  const directory = join(objects, "pack");
  const names = uncachedReader.listAllNames(directory);
  return listPackBases(names).map((base) => ({
    base: join(directory, base),
    names: names.filter((name) => name.startsWith(`${base}.`)),
  }));
}

/** True if the pack itself is there, and git would not wait for it. */
export function isReadable({ base, names }: DamagedPack): boolean {
  return names.some((name) => name.endsWith(".pack")) && !isSpecialFile(`${base}.pack`);
}

async function checkPack(
  scratch: ScratchRepository,
  { base, names }: DamagedPack,
): Promise<"sound" | "damaged" | { newIndex: string }> {
  if (!isReadable({ base, names })) return "damaged";
  const newIndex = join(scratch.directory, `${basename(base)}.idx`);
  const indexed = await scratch.run(["index-pack", "-o", newIndex, `${base}.pack`]);
  if (indexed.kind !== "done") return "damaged";
  const old = readPackIndex(`${base}.idx`, scratch.format.idBytes);
  const made = readPackIndex(newIndex, scratch.format.idBytes);
  const isUsable = made !== undefined && old?.isIntact === true && old.packChecksum.equals(made.packChecksum);
  return isUsable ? "sound" : { newIndex };
}
