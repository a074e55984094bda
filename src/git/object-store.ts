import { readdirSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { inflateSync } from "node:zlib";
import { readEntry, readRange, readRegularFile, withOpenFile } from "../platform/regular-file.ts";

/** One fact about a pack, an index of a pack or a loose object that a healthy store does not show. */
export interface ObjectStoreFault {
  readonly kind:
    | "objects_missing"
    | "pack_missing"
    | "pack_corrupt"
    | "pack_index_missing"
    | "pack_index_corrupt"
    | "alternates_broken"
    | "object_empty";
  readonly path: string;
  readonly found: string;
}

const checksumBytes = 20;
const packHeaderBytes = 12;
const idxHeaderBytes = 8 + 256 * 4;

/** The objects of one repository and of those it borrows from, read without git. */
export class ObjectStore {
  readonly #directories: string[];
  readonly #idBytes: 20 | 32;
  readonly #idxFiles = new Map<string, Buffer>();
  readonly #hasAlternateFault: ObjectStoreFault[] = [];

  constructor(objectsDirectory: string, idBytes: 20 | 32) {
    this.#idBytes = idBytes;
    this.#directories = [objectsDirectory, ...this.#readAlternates(objectsDirectory)];
  }

  /** Loose, or in a pack that is there with its index; by name only, content not read. */
  has(objectId: string): boolean {
    return this.#directories.some(
      (directory) =>
        (readEntry(looseObjectPath(directory, objectId)).stats?.size ?? 0) > 0 ||
        this.#isPacked(directory, objectId),
    );
  }

  /** The loose object's content after its header, where it is loose and intact. */
  readLoose(objectId: string): { type: string; content: Buffer } | undefined {
    const maxBytes = 16 * 1024 * 1024;
    for (const directory of this.#directories) {
      const reading = readRegularFile(looseObjectPath(directory, objectId), { maxBytes });
      if (reading.kind !== "content") continue;
      const object = inflateObject(reading.content, maxBytes);
      if (object !== undefined) return object;
    }
    return undefined;
  }

  /** Path of a loose object that exists but cannot be read as one. */
  corruptLoosePath(objectId: string): string | undefined {
    const path = looseObjectPath(this.#directories[0] ?? "", objectId);
    return readEntry(path).kind === "missing" || this.readLoose(objectId) !== undefined ? undefined : path;
  }

  /** Everything that file names, sizes, headers and trailers show; no object is unpacked. */
  findFaults(): ObjectStoreFault[] {
    const own = this.#directories[0] ?? "";
    if (readEntry(own).kind !== "directory") {
      return [{ kind: "objects_missing", path: own, found: readEntry(own).kind }];
    }
    return [...this.#hasAlternateFault, ...this.#findPackFaults(own), ...findEmptyObjects(own)];
  }

  #findPackFaults(directory: string): ObjectStoreFault[] {
    const packs = join(directory, "pack");
    const names = listNames(packs);
    const bases = new Set(
      names.filter((name) => /^pack-.*\.(?:pack|idx)$/.test(name)).map((name) => name.replace(/\.\w+$/, "")),
    );
    return [...bases].flatMap((base) => this.#checkPack(join(packs, base), names, base));
  }

  #checkPack(path: string, names: readonly string[], base: string): ObjectStoreFault[] {
    const hasPack = names.includes(`${base}.pack`);
    const hasIdx = names.includes(`${base}.idx`);
    if (!hasPack) return [{ kind: "pack_missing", path: `${path}.pack`, found: "nothing" }];
    if (!hasIdx) return [{ kind: "pack_index_missing", path: `${path}.idx`, found: "nothing" }];
    const idx = this.#readIdxEnds(`${path}.idx`);
    if (typeof idx === "string") return [{ kind: "pack_index_corrupt", path: `${path}.idx`, found: idx }];
    const pack = this.#checkPackEnds(`${path}.pack`, idx);
    return pack === undefined ? [] : [{ kind: "pack_corrupt", path: `${path}.pack`, found: pack }];
  }

  /** Number of objects and the pack's checksum that the idx records; a text says what is wrong. */
  #readIdxEnds(path: string): { objectCount: number; packChecksum: Buffer } | string {
    const ends = withOpenFile(path, (descriptor, stats) => {
      const trailer = 2 * this.#idBytes;
      if (stats.size < idxHeaderBytes + trailer)
        return { kind: "text" as const, text: `${stats.size} bytes` };
      const head = readRange(descriptor, 0, idxHeaderBytes);
      if (head.readUInt32BE(0) !== 0xff744f63) return { kind: "text" as const, text: "no signature" };
      if (head.readUInt32BE(4) !== 2)
        return { kind: "text" as const, text: `version ${head.readUInt32BE(4)}` };
      const objectCount = head.readUInt32BE(idxHeaderBytes - 4);
      const least = idxHeaderBytes + objectCount * (this.#idBytes + 8) + trailer;
      if (stats.size < least)
        return { kind: "text" as const, text: `${stats.size} bytes for ${objectCount} objects` };
      const packChecksum = readRange(descriptor, stats.size - trailer, this.#idBytes);
      return { kind: "ends" as const, objectCount, packChecksum };
    });
    if (ends.kind === "ends") return ends;
    return ends.kind === "text" ? ends.text : ends.kind;
  }

  #checkPackEnds(path: string, idx: { objectCount: number; packChecksum: Buffer }): string | undefined {
    const found = withOpenFile(path, (descriptor, stats) => {
      if (stats.size < packHeaderBytes + this.#idBytes)
        return { kind: "text" as const, text: `${stats.size} bytes` };
      const head = readRange(descriptor, 0, packHeaderBytes);
      if (head.toString("latin1", 0, 4) !== "PACK") return { kind: "text" as const, text: "no signature" };
      const objectCount = head.readUInt32BE(8);
      if (objectCount !== idx.objectCount) {
        return { kind: "text" as const, text: `${objectCount} objects, its index has ${idx.objectCount}` };
      }
      const trailer = readRange(descriptor, stats.size - this.#idBytes, this.#idBytes);
      return trailer.equals(idx.packChecksum)
        ? { kind: "sound" as const }
        : { kind: "text" as const, text: "an end that its index does not know" };
    });
    if (found.kind === "sound") return undefined;
    return found.kind === "text" ? found.text : found.kind;
  }

  #isPacked(directory: string, objectId: string): boolean {
    const packs = join(directory, "pack");
    const names = listNames(packs);
    return names.some(
      (name) =>
        name.endsWith(".idx") &&
        names.includes(name.replace(/\.idx$/, ".pack")) &&
        this.#idxHas(join(packs, name), Buffer.from(objectId, "hex")),
    );
  }

  #idxHas(path: string, id: Buffer): boolean {
    const idx = this.#idxFiles.get(path) ?? this.#loadIdx(path);
    if (idx === undefined || id.length !== this.#idBytes) return false;
    const firstByte = id[0] ?? 0;
    const count = (slot: number): number => (slot < 0 ? 0 : idx.readUInt32BE(8 + slot * 4));
    let low = count(firstByte - 1);
    let high = count(firstByte);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const start = idxHeaderBytes + middle * this.#idBytes;
      const order = id.compare(idx, start, start + this.#idBytes);
      if (order === 0) return true;
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return false;
  }

  #loadIdx(path: string): Buffer | undefined {
    const reading = readRegularFile(path, { maxBytes: 512 * 1024 * 1024 });
    if (reading.kind !== "content" || reading.content.length < idxHeaderBytes) return undefined;
    const objectCount = reading.content.readUInt32BE(idxHeaderBytes - 4);
    if (reading.content.length < idxHeaderBytes + objectCount * this.#idBytes) return undefined;
    this.#idxFiles.set(path, reading.content);
    return reading.content;
  }

  #readAlternates(objectsDirectory: string): string[] {
    const path = join(objectsDirectory, "info", "alternates");
    const reading = readRegularFile(path, { maxBytes: 64 * 1024 });
    if (reading.kind === "missing") return [];
    if (reading.kind !== "content") {
      this.#hasAlternateFault.push({ kind: "alternates_broken", path, found: reading.kind });
      return [];
    }
    const lines = reading.content
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    return lines.flatMap((line) => {
      const directory = isAbsolute(line) ? line : resolve(dirname(dirname(path)), line);
      if (readEntry(directory).kind === "directory") return [directory];
      this.#hasAlternateFault.push({ kind: "alternates_broken", path, found: JSON.stringify(line) });
      return [];
    });
  }
}

export function looseObjectPath(objectsDirectory: string, objectId: string): string {
  return join(objectsDirectory, objectId.slice(0, 2), objectId.slice(2));
}

/** The bytes of a SHA-1 checksum; the default object format. */
export const sha1Bytes = checksumBytes;

function inflateObject(compressed: Buffer, maxBytes: number): { type: string; content: Buffer } | undefined {
  try {
    const inflated = inflateSync(compressed, { maxOutputLength: maxBytes });
    const end = inflated.indexOf(0);
    const match = /^(commit|tree|blob|tag) (\d+)$/.exec(inflated.toString("latin1", 0, Math.max(end, 0)));
    if (match === null || Number(match[2]) !== inflated.length - end - 1) return undefined;
    return { type: match[1] ?? "", content: inflated.subarray(end + 1) };
  } catch {
    // Damaged zlib data is what this function tells by undefined.
    return undefined;
  }
}

function findEmptyObjects(objectsDirectory: string): ObjectStoreFault[] {
  const folders = listNames(objectsDirectory).filter((name) => /^[0-9a-f]{2}$/.test(name));
  return folders.flatMap((folder) =>
    listNames(join(objectsDirectory, folder)).flatMap((name) => {
      const path = join(objectsDirectory, folder, name);
      const isEmpty = /^[0-9a-f]{38,62}$/.test(name) && readEntry(path).stats?.size === 0;
      return isEmpty ? [{ kind: "object_empty" as const, path, found: "an empty file" }] : [];
    }),
  );
}

function listNames(directory: string): string[] {
  return readEntry(directory).kind === "directory" ? readdirSync(directory) : [];
}
