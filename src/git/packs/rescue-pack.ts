import { chmodSync, closeSync, fstatSync, ftruncateSync, openSync, symlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { readRange, streamRegularFile } from "../../platform/regular-file.ts";
import { copyReadable } from "../objects/copy-objects.ts";
import { looseIds } from "../objects/loose-object.ts";
import { selectPresent } from "../objects/missing-objects.ts";
import { isReadable, type DamagedPack } from "../objects/object-damage.ts";
import { copySlotFile } from "../scratch/copy-slot-file.ts";
import { ScratchRepository } from "../scratch/scratch-repository.ts";
import { readPackIndex, type PackIndexContent } from "./pack-index.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** A pack that git cannot use as it is. Neither file is changed. */
export interface SuspectPack {
  readonly pack: string;
  /** Need not be there. */
  readonly index: string;
}

/**
 * Takes out of a damaged pack every object that can still be read and that `target` lacks: a commit that was never pushed
 * may be in a pack whose damage is somewhere else. Through its index object by object; without one that git would look
 * into, from the beginning up to the damage. What is copied is proven by its id.
 * @param suspect is made for this pack alone: git reads the pack there.
 */
export async function rescuePack(
  pack: SuspectPack,
  suspect: ScratchRepository,
  target: ScratchRepository,
): Promise<void> {
  const index = readPackIndex(pack.index, suspect.format.idBytes);
  const ids = index === undefined ? await unpackBeginning(pack, suspect) : openPack(pack, index, suspect);
  const present = await selectPresent(target, ids);
  const lacking = ids.filter((id) => !present.has(id));
  await copyReadable(suspect, lacking, target);
}

/** The same for each damaged pack of a store, beside which `target` borrows what is sound. */
export async function rescueFromPacks(
  packs: readonly DamagedPack[],
  target: ScratchRepository,
): Promise<void> {
  for (const [index, { base, names }] of packs.filter(isReadable).entries()) {
    const isPartial = names.some((name) => name.endsWith(".promisor"));
    const directory = join(target.directory, `damaged-${index}`);
    const suspect = new ScratchRepository(directory, { ...target.format, isPartial });
    await rescuePack({ pack: `${base}.pack`, index: `${base}.idx` }, suspect, target);
  }
}

async function unpackBeginning({ pack }: SuspectPack, suspect: ScratchRepository): Promise<string[]> {
  await suspect.run(["unpack-objects", "-q", "-r"], {
    feed: (stdin) => pipeline(streamRegularFile(endOfLinks(pack)), stdin),
  });
  return [...looseIds(uncachedReader, suspect.objects)];
}

/** @returns the ids that may be in the pack, in the order in which they are there. */
function openPack(
  { pack, index }: SuspectPack,
  content: PackIndexContent,
  suspect: ScratchRepository,
): string[] {
  const base = join(suspect.packs, `pack-${"0".repeat(2 * suspect.format.idBytes)}`);
  const path = endOfLinks(pack);
  const ends = readEnds(path, content);
  if (ends.kind !== "ends") return [];
  symlinkSync(index, `${base}.idx`);
  if (ends.areSound) symlinkSync(path, `${base}.pack`);
  else copyWithEnds(path, `${base}.pack`, content);
  const within = content.entries.filter(({ offset }) => offset < ends.size);
  return within.sort((one, other) => one.offset - other.offset).map(({ objectId }) => objectId);
}

function endOfLinks(path: string): string {
  return uncachedReader.resolveLinks(path) ?? path;
}

/** Git opens a pack only if these are its first bytes and its index's own checksum of the pack its last. */
function packHeader({ objectCount }: PackIndexContent): Buffer {
  const header = Buffer.from("PACK\0\0\0\u0002\0\0\0\0", "latin1");
  header.writeUInt32BE(objectCount, 8);
  return header;
}

function readEnds(path: string, index: PackIndexContent) {
  const header = packHeader(index);
  const idBytes = index.packChecksum.length;
  return uncachedReader.withOpenFile(path, (descriptor, { size }) => {
    const trailer = readRange(descriptor, Math.max(0, size - idBytes), idBytes);
    const areSound =
      readRange(descriptor, 0, header.length).equals(header) && trailer.equals(index.packChecksum);
    return { kind: "ends" as const, size, areSound };
  });
}

function copyWithEnds(from: string, to: string, index: PackIndexContent): void {
  if (!copySlotFile(from, to, { maxBytes: Infinity })) return;
  chmodSync(to, 0o600);
  const header = packHeader(index);
  const descriptor = openSync(to, "r+");
  try {
    const { size } = fstatSync(descriptor);
    // Not even a header and a checksum: no object is cut off.
    if (size < header.length + index.packChecksum.length) ftruncateSync(descriptor, header.length);
    writeSync(descriptor, header, 0, header.length, 0);
    // Appended: if the pack was cut, its last bytes are an object's.
    writeSync(descriptor, index.packChecksum, 0, undefined, Math.max(size, header.length));
  } finally {
    closeSync(descriptor);
  }
}
