import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { readAlternates } from "./alternates.ts";
import { findSpecialFile } from "../special-files.ts";
import type { ObjectDamage } from "./object-damage.ts";
import { isFanOutFolder } from "./loose-object.ts";
import type { ScratchRepository } from "../scratch/scratch-repository.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/**
 * Shows git an object store without its damaged parts: a directory of links in the scratch repository. The store itself stays
 * untouched until everything that replaces the damage is there, so a failure or a kill on the way changes nothing.
 */
export function borrowSoundObjects(scratch: ScratchRepository, objects: string, damage: ObjectDamage): void {
  const view = join(scratch.directory, "sound");
  mkdirSync(join(view, "pack"), { recursive: true });
  linkLoose(view, objects, damage);
  linkPacks(view, objects, damage);
  const alternates = readAlternates(uncachedReader, objects).directories;
  scratch.borrow(view, ...alternates.filter((store) => findSpecialFile(store) === undefined));
}

function linkLoose(view: string, objects: string, { looseIds }: ObjectDamage): void {
  if (!uncachedReader.isDirectory(objects)) return;
  const damaged = new Set(looseIds);
  const folders = readdirSync(objects).filter(isFanOutFolder);
  for (const folder of folders) {
    const path = join(objects, folder);
    if (!uncachedReader.isDirectory(path)) continue;
    if (!looseIds.some((id) => id.startsWith(folder))) {
      symlinkSync(path, join(view, folder));
      continue;
    }
    mkdirSync(join(view, folder));
    const sound = readdirSync(path).filter((name) => !damaged.has(folder + name));
    for (const name of sound) symlinkSync(join(path, name), join(view, folder, name));
  }
}

function linkPacks(view: string, objects: string, { packs, reindexed }: ObjectDamage): void {
  const directory = join(objects, "pack");
  if (!uncachedReader.isDirectory(directory)) return;
  const damaged = new Set(packs.flatMap(({ names }) => names));
  const newIndexes = new Map<string, string>(
    reindexed.map(({ base, newIndex }) => [`${basename(base)}.idx`, newIndex]),
  );
  const wanted = readdirSync(directory).filter(
    (name) => /^pack-[0-9a-f]+\.(?:pack|promisor)$/.test(name) && !damaged.has(name),
  );
  for (const name of wanted) {
    symlinkSync(join(directory, name), join(view, "pack", name));
    if (!name.endsWith(".pack")) continue;
    const index = name.replace(/pack$/, "idx");
    symlinkSync(newIndexes.get(index) ?? join(directory, index), join(view, "pack", index));
  }
}
