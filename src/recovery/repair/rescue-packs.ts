import {
  closeSync,
  chmodSync,
  copyFileSync,
  createReadStream,
  fstatSync,
  openSync,
  statSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { looseIds } from "../../git/objects/loose-object.ts";
import { readPackIndex, type PackIndexContent } from "../../git/packs/pack-index.ts";
import { readRange } from "../../platform/regular-file.ts";
import { copyReadable } from "./copy-objects.ts";
import { selectPresent } from "./missing-objects.ts";
import type { DamagedPack, ObjectDamage } from "./object-damage.ts";
import { ScratchRepository } from "../../git/scratch/scratch-repository.ts";

/**
 * Takes out of damaged packs every object that can still be read and is nowhere else: a commit that was never pushed may
 * be in a pack whose damage is somewhere else.
 */
export async function rescueFromPacks(scratch: ScratchRepository, { packs }: ObjectDamage): Promise<void> {
  const readable = packs.filter(({ names }) => names.some((name) => name.endsWith(".pack")));
  for (const [index, pack] of readable.entries()) {
    const isPartial = pack.names.some((name) => name.endsWith(".promisor"));
    const directory = join(scratch.directory, `damaged-${index}`);
    const source = new ScratchRepository(directory, { ...scratch.format, isPartial });
    const ids = await openDamagedPack(source, pack);
    const present = await selectPresent(scratch, ids);
    await copyReadable(
      source,
      ids.filter((id) => !present.has(id)),
      scratch,
    );
  }
}

/** Makes git read the pack as far as it goes. @returns the ids that may be in it. */
async function openDamagedPack(source: ScratchRepository, { base }: DamagedPack): Promise<string[]> {
  const index = readPackIndex(`${base}.idx`, source.format.idBytes);
  if (index === undefined) {
    await source.run(["unpack-objects", "-q", "-r"], {
      feed: (stdin) => pipeline(createReadStream(`${base}.pack`), stdin),
    });
    return [...looseIds(source.objects)];
  }
  const target = join(source.objects, "pack", basename(base));
  symlinkSync(`${base}.idx`, `${target}.idx`);
  const size = statSync(`${base}.pack`).size;
  if (areEndsSound(`${base}.pack`, index, source.format.idBytes))
    symlinkSync(`${base}.pack`, `${target}.pack`);
  else copyWithEnds(`${base}.pack`, `${target}.pack`, index);
  return index.entries.filter(({ offset }) => offset < size).map(({ objectId }) => objectId);
}

function packHeader({ entries }: PackIndexContent): Buffer {
  const header = Buffer.from("PACK\0\0\0\u0002\0\0\0\0", "latin1");
  header.writeUInt32BE(entries.length, 8);
  return header;
}

function areEndsSound(path: string, index: PackIndexContent, idBytes: number): boolean {
  const descriptor = openSync(path, "r");
  try {
    const { size } = fstatSync(descriptor);
    const header = packHeader(index);
    const trailer = readRange(descriptor, Math.max(0, size - idBytes), idBytes);
    return readRange(descriptor, 0, header.length).equals(header) && trailer.equals(index.packChecksum);
  } finally {
    closeSync(descriptor);
  }
}

/** Git opens a pack only where its first and last bytes fit its index: a copy gets those that do. */
function copyWithEnds(from: string, to: string, index: PackIndexContent): void {
  copyFileSync(from, to);
  chmodSync(to, 0o600);
  const descriptor = openSync(to, "r+");
  try {
    const { size } = fstatSync(descriptor);
    writeSync(descriptor, packHeader(index), 0, 12, 0);
    writeSync(descriptor, index.packChecksum, 0, undefined, size);
  } finally {
    closeSync(descriptor);
  }
}
