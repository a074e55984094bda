import { hash } from "node:crypto";
import { readRange } from "../../platform/regular-file.ts";
import { hashAlgorithm } from "../objects/object-id.ts";
import {
  countObjects,
  entriesStart,
  fanoutBytes,
  headerBytes,
  isPossibleSize,
  parseLayout,
  readOffset,
  type PackIndexLayout,
  type PackIndexShape,
} from "./pack-index-layout.ts";
import { uncachedReader, type SlotReader } from "../../platform/slot-reader.ts";

/** Files up to this size are hashed whole in a probe: about a millisecond. Larger ones are left to the deep check. */
export const maxHashedBytes = 1024 * 1024;

export interface PackIndexEnds {
  readonly kind: "ends";
  readonly objectCount: number;
  /** Of the pack, as the index knows it. */
  readonly packChecksum: Buffer;
}
/** A small index that was checked whole. */
export interface SoundIndex {
  readonly content: Buffer;
  readonly layout: PackIndexLayout;
  readonly objectCount: number;
}

/** Those that were checked so far, to compare others with. */
export interface SoundIndexes {
  findTwin(content: Buffer, idBytes: number): SoundIndex | undefined;
  rememberTwin(index: SoundIndex, idBytes: number): void;
}

export type PackIndexReading = PackIndexEnds | { readonly kind: "corrupt"; readonly found: string };

/** An idx of either version. Source: gitformat-pack(5). */
export class PackIndex {
  readonly #path: string;
  readonly #idBytes: 20 | 32;
  readonly #shared: SoundIndexes | undefined;
  /** The whole file, if it is small and was checked. */
  #content: Buffer | undefined;
  #layout: PackIndexLayout | undefined;
  #fanout: Buffer | undefined;
  /** Object ids by their first byte: a lookup reads a 256th of the table, once. */
  readonly #buckets = new Map<number, Buffer>();

  constructor(path: string, idBytes: 20 | 32, shared?: SoundIndexes) {
    this.#path = path;
    this.#idBytes = idBytes;
    this.#shared = shared;
  }

  /** Size, header, the order of its fan-out table, and its own checksum if the file is small. */
  check(reader: SlotReader): PackIndexReading {
    const reading = reader.withOpenFile(this.#path, (descriptor, stats) => {
      const trailerBytes = 2 * this.#idBytes;
      const headBytes = headerBytes + fanoutBytes;
      if (stats.size < headBytes + trailerBytes) return corrupt(`${stats.size} bytes`);
      const isSmall = stats.size <= maxHashedBytes;
      const head = readRange(descriptor, 0, isSmall ? stats.size : headBytes);
      if (head.length < headBytes) return corrupt("a file that shrank");
      const twin = isSmall ? this.#shared?.findTwin(head, this.#idBytes) : undefined;
      if (twin !== undefined) return this.#adopt(twin);
      const layout = parseLayout(head, this.#idBytes);
      if (layout === undefined) return corrupt(`version ${head.readUInt32BE(4)}`);
      this.#layout = layout;
      const objectCount = countObjects(head, layout);
      if (objectCount === undefined) return corrupt("a fan-out table out of order");
      if (!isPossibleSize(stats.size - trailerBytes, objectCount, layout))
        return corrupt(`${stats.size} bytes for ${objectCount} objects`);
      if (isSmall && !endsInItsChecksum(head, this.#idBytes))
        return corrupt("a checksum that does not match");
      if (isSmall) {
        const sound = { content: head, layout, objectCount };
        this.#shared?.rememberTwin(sound, this.#idBytes);
        return this.#adopt(sound);
      }
      const packChecksum = readRange(descriptor, stats.size - trailerBytes, this.#idBytes);
      return { kind: "ends" as const, objectCount, packChecksum };
    });
    if (reading.kind === "ends" || reading.kind === "corrupt") return reading;
    return corrupt(reading.kind === "unreadable" ? reading.errorCode : reading.kind);
  }

  #adopt({ content, layout, objectCount }: SoundIndex): PackIndexEnds {
    this.#content = content;
    this.#layout = layout;
    return {
      kind: "ends",
      objectCount,
      packChecksum: Buffer.from(content.subarray(-2 * this.#idBytes, -this.#idBytes)),
    };
  }

  /** True if all of it is in memory, so that it is never read again. */
  get isHeld(): boolean {
    return this.#content !== undefined;
  }

  /** The place of the object in the index; undefined if the index does not know it. `at`: where in `ids` its id starts. */
  find(reader: SlotReader, ids: Buffer, at = 0): number | undefined {
    const layout = this.#readLayout(reader);
    const end = at + this.#idBytes;
    // An id of the other length is none of these.
    const isWhole = ids.length >= end && (ids.length - at) % this.#idBytes === 0;
    if (!isWhole || layout === undefined) return undefined;
    const firstByte = ids[at] ?? 0;
    const bucket = this.#readBucket(reader, firstByte, layout);
    if (bucket === undefined) return undefined;
    // Four bytes tell almost all ids apart, and to read them as a number costs a tenth of a comparison.
    const beginning = ids.readUInt32BE(at);
    let low = 0;
    let high = Math.floor(bucket.length / layout.entryBytes);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const start = middle * layout.entryBytes + layout.idStart;
      const order =
        beginning - bucket.readUInt32BE(start) || ids.compare(bucket, start, start + this.#idBytes, at, end);
      if (order === 0) return middle + this.#countBelow(reader, firstByte);
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return undefined;
  }

  /** Byte offset in the pack of the object at this place of the index. */
  offsetOf(reader: SlotReader, place: number): number | undefined {
    const layout = this.#readLayout(reader);
    if (layout === undefined) return undefined;
    const objectCount = this.#countBelow(reader, 256);
    const read = (start: number, length: number): Buffer | undefined =>
      this.#readBytes(reader, start, length);
    return readOffset({ layout, objectCount, idBytes: this.#idBytes }, place, read);
  }

  #countBelow(reader: SlotReader, firstByte: number): number {
    const fanout = this.#readFanout(reader);
    return firstByte === 0 || fanout === undefined ? 0 : fanout.readUInt32BE((firstByte - 1) * 4);
  }

  #readBucket(reader: SlotReader, firstByte: number, layout: PackIndexLayout): Buffer | undefined {
    const known = this.#buckets.get(firstByte);
    if (known !== undefined) return known;
    if (this.#readFanout(reader) === undefined) return undefined;
    const start = this.#countBelow(reader, firstByte);
    const count = this.#countBelow(reader, firstByte + 1) - start;
    if (count < 0 || count > maxBucketObjects) return undefined;
    const { entryBytes } = layout;
    const bucket = this.#readBytes(reader, entriesStart(layout) + start * entryBytes, count * entryBytes);
    if (bucket !== undefined) this.#buckets.set(firstByte, bucket);
    return bucket;
  }

  #readFanout(reader: SlotReader): Buffer | undefined {
    if (this.#fanout !== undefined) return this.#fanout;
    const layout = this.#readLayout(reader);
    if (layout === undefined) return undefined;
    const fanout = this.#readBytes(reader, layout.fanoutStart, fanoutBytes);
    if (fanout?.length === fanoutBytes) this.#fanout = fanout;
    return this.#fanout;
  }

  #readLayout(reader: SlotReader): PackIndexLayout | undefined {
    if (this.#layout !== undefined) return this.#layout;
    const header = this.#readBytes(reader, 0, headerBytes);
    if (header?.length === headerBytes) this.#layout = parseLayout(header, this.#idBytes);
    return this.#layout;
  }

  #readBytes(reader: SlotReader, start: number, length: number): Buffer | undefined {
    if (this.#content !== undefined) return this.#content.subarray(start, start + length);
    const read = reader.withOpenFile(this.#path, (descriptor) => ({
      kind: "bytes" as const,
      bytes: readRange(descriptor, start, length),
    }));
    return read.kind === "bytes" ? read.bytes : undefined;
  }
}

/** A 256th of the objects of the largest pack that is read here: 256 million objects. */
const maxBucketObjects = 1024 * 1024;

function corrupt(found: string): { readonly kind: "corrupt"; readonly found: string } {
  return { kind: "corrupt", found };
}

/** True if the last bytes are the hash of all before them. */
export function endsInItsChecksum(content: Buffer, checksumBytes: 20 | 32): boolean {
  const actual = hash(hashAlgorithm(checksumBytes), content.subarray(0, -checksumBytes), "buffer");
  return actual.equals(content.subarray(-checksumBytes));
}

export interface PackIndexEntry {
  readonly objectId: string;
  /** The byte of the pack where the object starts. */
  readonly offset: number;
}

/** All that an index names. */
export interface PackIndexContent {
  readonly objectCount: number;
  readonly entries: readonly PackIndexEntry[];
  /** The last bytes of the pack that it was made for. */
  readonly packChecksum: Buffer;
  /** False if its own checksum does not match: single entries may be wrong then. */
  readonly isIntact: boolean;
}

const maxIndexBytes = 1024 * 1024 * 1024;

/** Reads a whole index. Undefined if git itself would not look into it. */
export function readPackIndex(path: string, idBytes: 20 | 32): PackIndexContent | undefined {
  const reading = uncachedReader.readRegularFile(path, { maxBytes: maxIndexBytes });
  return reading.kind === "content" ? parsePackIndex(reading.content, idBytes) : undefined;
}

/** The ids alone: no offsets, and the checksum is not computed. Undefined if git itself would not look into the index. */
export function readPackedIds(path: string, idBytes: 20 | 32): string[] | undefined {
  const reading = uncachedReader.readRegularFile(path, { maxBytes: maxIndexBytes });
  return reading.kind === "content" ? parsePackedIds(reading.content, idBytes) : undefined;
}

/** Pure: the same from the content of the file. */
export function parsePackedIds(content: Buffer, idBytes: 20 | 32): string[] | undefined {
  const shape = parseShape(content, idBytes);
  if (shape === undefined) return undefined;
  return Array.from({ length: shape.objectCount }, (_, place) => idAt(content, shape, place));
}

function idAt(content: Buffer, { layout, idBytes }: PackIndexShape, place: number): string {
  const at = entriesStart(layout) + place * layout.entryBytes + layout.idStart;
  return content.toString("hex", at, at + idBytes);
}

function parseShape(content: Buffer, idBytes: 20 | 32): PackIndexShape | undefined {
  const bytes = content.length - 2 * idBytes;
  const layout = bytes < headerBytes + fanoutBytes ? undefined : parseLayout(content, idBytes);
  const objectCount = layout === undefined ? undefined : countObjects(content, layout);
  if (layout === undefined || objectCount === undefined || !isPossibleSize(bytes, objectCount, layout))
    return undefined;
  return { layout, objectCount, idBytes };
}

/** Pure: the same as `readPackIndex` from the content of the file. */
export function parsePackIndex(content: Buffer, idBytes: 20 | 32): PackIndexContent | undefined {
  const shape = parseShape(content, idBytes);
  if (shape === undefined) return undefined;
  const { objectCount } = shape;
  const read = (start: number, length: number): Buffer => content.subarray(start, start + length);
  const entries: PackIndexEntry[] = [];
  for (let place = 0; place < objectCount; place++) {
    const offset = readOffset(shape, place, read);
    if (offset !== undefined) entries.push({ objectId: idAt(content, shape, place), offset });
  }
  return {
    objectCount,
    entries,
    packChecksum: content.subarray(-2 * idBytes, -idBytes),
    isIntact: endsInItsChecksum(content, idBytes),
  };
}
