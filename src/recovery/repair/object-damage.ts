import { createHash } from "node:crypto";
import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createInflate, inflateSync } from "node:zlib";
import { hashAlgorithm } from "../../git/objects/object-id.ts";
import { looseObjectPath } from "../../git/objects/loose-object.ts";
import { readEntry, readRegularFile } from "../../platform/regular-file.ts";
import { readPackIndex } from "./pack-index.ts";
import { listLooseIds } from "./repository-format.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";

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
  /** Where the alternates file names a store that is gone: the lines that are left. */
  readonly alternates: readonly string[] | undefined;
}

/** Reads every object of a store once: loose ones are hashed here, packs by `git index-pack` into the scratch repository. */
export async function findObjectDamage(scratch: ScratchRepository, objects: string): Promise<ObjectDamage> {
  const looseIds = await findDamagedLoose(objects, scratch.format.idBytes);
  const packs: DamagedPack[] = [];
  const reindexed: { base: string; newIndex: string }[] = [];
  for (const pack of listPacks(objects)) {
    const checked = await checkPack(scratch, pack);
    if (checked === "damaged") packs.push(pack);
    else if (checked !== "sound") reindexed.push({ base: pack.base, newIndex: checked.newIndex });
  }
  return { looseIds, packs, reindexed, alternates: readLivingAlternates(objects) };
}

const mostInflatedAtOnceBytes = 64 * 1024 * 1024;
const objectsBetweenTurns = 200;

async function findDamagedLoose(objects: string, idBytes: 20 | 32): Promise<string[]> {
  const damaged: string[] = [];
  for (const [index, objectId] of listLooseIds(objects).entries()) {
    if (index % objectsBetweenTurns === 0) await nextTurn();
    const path = looseObjectPath(objects, objectId);
    const found = await hashLoose(path, idBytes);
    if (found !== objectId) damaged.push(objectId);
  }
  return damaged;
}

/** The id that the content has; undefined where it is no whole object. */
async function hashLoose(path: string, idBytes: 20 | 32): Promise<string | undefined> {
  const hash = createHash(hashAlgorithm(idBytes));
  const reading = readRegularFile(path, { maxBytes: mostInflatedAtOnceBytes });
  try {
    if (reading.kind === "too_large") {
      await pipeline(createReadStream(path), createInflate(), hash);
      return hash.digest("hex");
    }
    if (reading.kind !== "content") return undefined;
    return hash.update(inflateSync(reading.content)).digest("hex");
  } catch {
    // Damaged zlib data, or an object that cannot be read: what undefined says.
    return undefined;
  }
}

function listPacks(objects: string): DamagedPack[] {
  const directory = join(objects, "pack");
  if (readEntry(directory).kind !== "directory") return [];
  const names = readdirSync(directory);
  const bases = new Set(
    names
      .filter((name) => /^pack-[0-9a-f]+\.(?:pack|idx)$/.test(name))
      .map((name) => name.replace(/\.\w+$/, "")),
  );
  return [...bases].map((base) => ({
    base: join(directory, base),
    names: names.filter((name) => name.startsWith(`${base}.`)),
  }));
}

async function checkPack(
  scratch: ScratchRepository,
  { base, names }: DamagedPack,
): Promise<"sound" | "damaged" | { newIndex: string }> {
  if (!names.some((name) => name.endsWith(".pack"))) return "damaged";
  const newIndex = join(scratch.directory, `${base.split("/").at(-1) ?? ""}.idx`);
  const indexed = await scratch.run(["index-pack", "-o", newIndex, `${base}.pack`]);
  if (indexed.kind !== "done") return "damaged";
  const old = readPackIndex(`${base}.idx`, scratch.format.idBytes);
  const packChecksum = readPackIndex(newIndex, scratch.format.idBytes)?.packChecksum;
  const isUsable = old?.isIntact === true && old.packChecksum === packChecksum;
  return isUsable ? "sound" : { newIndex };
}

/** Undefined where there is no alternates file, or each of its stores is there. */
function readLivingAlternates(objects: string): string[] | undefined {
  const path = join(objects, "info", "alternates");
  const { kind } = readEntry(path);
  if (kind === "missing") return undefined;
  if (kind !== "file") return [];
  const lines = readFileSync(path, "utf8").split("\n");
  const stores = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const living = stores.filter((line) => readEntry(alternatePath(objects, line)).kind === "directory");
  return living.length === stores.length ? undefined : living;
}

export function alternatePath(objects: string, line: string): string {
  return isAbsolute(line) ? line : resolve(objects, line);
}
