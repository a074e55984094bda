import { createHash } from "node:crypto";
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Writable } from "node:stream";
import { deflateSync } from "node:zlib";
import { sendToGit } from "../../git/run/feed-git.ts";
import { byLine } from "../../git/run/split-output.ts";
import { readObjects, type ObjectType } from "../../git/objects/object-batch.ts";
import { readAlternates } from "../../git/objects/alternates.ts";
import { hashLooseObject, looseIds, looseObjectPath } from "../../git/objects/loose-object.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { copySlotFile, isUncopyable } from "../../git/scratch/copy-slot-file.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { hashAlgorithm, isObjectId } from "../../git/objects/object-id.ts";
import { listAllNames } from "../../platform/directory.ts";

/**
 * Copies every object that can still be read, one by one where need be, out of a damaged store: no ref is trusted to
 * tell what is there, so nothing is left out as pushed. What is copied is proven by its id.
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
    for (const objectId of looseIds(directory)) {
      target.throwIfAborted();
      await copyLooseObject(looseObjectPath(directory, objectId), objectId, target);
    }
  }
}

/** The slot's own and those it borrows from inside the pool; what is outside stays where it is. */
function listObjectsDirectories(objectsDirectory: string, poolDirectory: string): string[] {
  const isOwn = (directory: string): boolean =>
    readEntry(directory).kind === "directory" && isReallyInside(poolDirectory, directory);
  if (!isOwn(objectsDirectory)) return [];
  return [objectsDirectory, ...readAlternates(objectsDirectory, { mayFollow: isOwn }).directories];
}

/** Whole where it is sound; else object by object through its index; else from its beginning up to the damage. */
async function recoverPack(
  path: string,
  scratch: ScratchRepository,
  target: ScratchRepository,
): Promise<void> {
  const copy = join(target.packs, `pack-${createHash("sha1").update(path).digest("hex")}.pack`);
  if (!copyReadableFile(path, copy)) return;
  const isWhole = await target.run(["index-pack", copy]);
  if (isWhole.kind === "done") return;
  target.throwIfAborted();
  rmSync(copy.replace(/pack$/, "idx"), { force: true });
  const directory = join(scratch.directory, "suspect");
  try {
    const suspect = scratch.createOther(directory);
    const isIndexed = await recoverThroughIndex(path.replace(/pack$/, "idx"), copy, suspect, target);
    if (!isIndexed) await unpackBeginning(copy, target);
  } finally {
    rmSync(directory, { recursive: true, force: true });
    rmSync(copy, { force: true });
  }
}

async function unpackBeginning(pack: string, target: ScratchRepository): Promise<void> {
  await target.run(["unpack-objects", "-r", "-q"], { feed: (stdin) => feedFile(pack, stdin) });
}

async function feedFile(path: string, stdin: Writable): Promise<void> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    await sendToGit(stdin, chunk as Buffer);
  }
}

/** False where the index does not say what is where. */
async function recoverThroughIndex(
  idxPath: string,
  pack: string,
  suspect: ScratchRepository,
  target: ScratchRepository,
): Promise<boolean> {
  const idx = join(suspect.packs, "pack-suspect.idx");
  if (!copyReadableFile(idxPath, idx)) return false;
  const offsets: { id: string; offset: number }[] = [];
  const shown = await suspect.run(["show-index", `--object-format=${hashAlgorithm(target.format.idBytes)}`], {
    feed: (stdin) => feedFile(idx, stdin),
    onOutput: byLine((line) => {
      const [offset, id = ""] = line.split(" ");
      if (isObjectId(id)) offsets.push({ id, offset: Number(offset) });
    }),
  });
  if (shown.kind !== "done" || offsets.length === 0) return false;
  const bytes = statSync(pack).size;
  const copy = join(suspect.packs, "pack-suspect.pack");
  copyFileSync(pack, copy);
  matchEnds(copy, idx, { objectCount: offsets.length, idBytes: target.format.idBytes });
  offsets.sort((one, other) => one.offset - other.offset);
  const ids = offsets.filter(({ offset }) => offset < bytes).map(({ id }) => id);
  await copyReadable(ids, suspect, target);
  return true;
}

/** Git opens a pack only where its ends are what the index says; what lies between is then read object by object. */
function matchEnds(
  pack: string,
  idx: string,
  { objectCount, idBytes }: { objectCount: number; idBytes: 20 | 32 },
): void {
  const trailer = readFileSync(idx).subarray(-2 * idBytes, -idBytes);
  const header = Buffer.from("PACK\0\0\0\x02\0\0\0\0", "latin1");
  header.writeUInt32BE(objectCount, 8);
  const size = statSync(pack).size;
  const isCut = size < header.length + idBytes;
  if (isCut) truncateSync(pack, header.length);
  const descriptor = openSync(pack, "r+", 0o600);
  try {
    writeSync(descriptor, header, 0, header.length, 0);
    // Appended: where the pack was cut, its last bytes are an object's.
    writeSync(descriptor, trailer, 0, trailer.length, Math.max(size, header.length));
  } finally {
    closeSync(descriptor);
  }
}

const idsPerBatch = 2_000;

/** Git ends at each object that it cannot read: the rest is asked for again. */
async function copyReadable(
  ids: readonly string[],
  suspect: ScratchRepository,
  target: ScratchRepository,
): Promise<void> {
  for (let start = 0; start < ids.length; start += idsPerBatch) {
    let pending = ids.slice(start, start + idsPerBatch);
    while (pending.length > 0) {
      target.throwIfAborted();
      const writer = new LooseWriter(target);
      const result = await readObjects(suspect.source, pending, writer);
      if (result.kind === "done") break;
      pending = pending.slice(writer.readCount + 1);
    }
  }
}

/** Writes delivered objects as loose ones where their content is what their id says. */
class LooseWriter {
  readCount = 0;
  readonly #target: ScratchRepository;
  #header = "";
  #objectId = "";
  #chunks: Buffer[] = [];

  constructor(target: ScratchRepository) {
    this.#target = target;
  }

  start(objectId: string, type: ObjectType, bytes: number): void {
    this.#objectId = objectId;
    this.#header = `${type} ${bytes}\0`;
    this.#chunks = [];
  }

  content(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  end(): void {
    this.readCount++;
    const object = Buffer.concat([Buffer.from(this.#header), ...this.#chunks]);
    if (
      createHash(hashAlgorithm(this.#target.format.idBytes)).update(object).digest("hex") !== this.#objectId
    )
      return;
    const path = loosePath(this.#target, this.#objectId);
    if (!existsSync(path)) writeFileSync(path, deflateSync(object, { level: 1 }), { mode: 0o444 });
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
