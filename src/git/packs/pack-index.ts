import { hash } from "node:crypto";
import { readRange, withOpenFile } from "../../platform/regular-file.ts";
import { hashAlgorithm } from "../objects/object-id.ts";

const headerBytes = 8;
const fanoutBytes = 256 * 4;
const signature = 0xff744f63;

/** Where an index has what. The first version has no header, and each object's offset right before its id. */
interface Layout {
  readonly version: 1 | 2;
  readonly fanoutStart: number;
  readonly entryBytes: number;
  /** Of the id within its entry. */
  readonly idStart: number;
}

/** Files up to this size are hashed whole in a probe: about a millisecond. Larger ones are left to the deep check. */
export const maxHashedBytes = 1024 * 1024;

export interface PackIndexEnds {
  readonly kind: "ends";
  readonly objectCount: number;
  /** Of the pack, as the index knows it. */
  readonly packChecksum: Buffer;
}
export type PackIndexReading = PackIndexEnds | { readonly kind: "corrupt"; readonly found: string };

/** An idx of either version. Source: gitformat-pack(5). */
export class PackIndex {
  readonly #path: string;
  readonly #idBytes: 20 | 32;
  /** The whole file, where it is small and was checked. */
  #content: Buffer | undefined;
  #layout: Layout | undefined;
  #fanout: Buffer | undefined;
  /** Object ids by their first byte: a lookup reads a 256th of the table, once. */
  readonly #buckets = new Map<number, Buffer>();

  constructor(path: string, idBytes: 20 | 32) {
    this.#path = path;
    this.#idBytes = idBytes;
  }

  /** Size, header, the order of its fan-out table, and its own checksum where the file is small. */
  check(): PackIndexReading {
    const reading = withOpenFile(this.#path, (descriptor, stats) => {
      const trailerBytes = 2 * this.#idBytes;
      const headBytes = headerBytes + fanoutBytes;
      if (stats.size < headBytes + trailerBytes) return corrupt(`${stats.size} bytes`);
      const isSmall = stats.size <= maxHashedBytes;
      const head = readRange(descriptor, 0, isSmall ? stats.size : headBytes);
      if (head.length < headBytes) return corrupt("a file that shrank");
      const layout = layoutOf(head, this.#idBytes);
      if (layout === undefined) return corrupt(`version ${head.readUInt32BE(4)}`);
      this.#layout = layout;
      const objectCount = countObjects(head, layout);
      if (objectCount === undefined) return corrupt("a fan-out table out of order");
      if (!isPossibleSize(stats.size - trailerBytes, objectCount, layout))
        return corrupt(`${stats.size} bytes for ${objectCount} objects`);
      if (isSmall && !endsInItsChecksum(head, this.#idBytes))
        return corrupt("a checksum that does not match");
      if (isSmall) this.#content = head;
      const packChecksum = isSmall
        ? head.subarray(-trailerBytes, -this.#idBytes)
        : readRange(descriptor, stats.size - trailerBytes, this.#idBytes);
      return { kind: "ends" as const, objectCount, packChecksum: Buffer.from(packChecksum) };
    });
    if (reading.kind === "ends" || reading.kind === "corrupt") return reading;
    return corrupt(reading.kind === "unreadable" ? reading.errorCode : reading.kind);
  }

  /** True where all of it is in memory, so that it is never read again. */
  get isHeld(): boolean {
    return this.#content !== undefined;
  }

  /** Where in the pack the object starts; undefined where the index does not know it. */
  find(id: Buffer): number | undefined {
    const layout = this.#readLayout();
    if (id.length !== this.#idBytes || layout === undefined) return undefined;
    const firstByte = id[0] ?? 0;
    const bucket = this.#readBucket(firstByte, layout);
    if (bucket === undefined) return undefined;
    let low = 0;
    let high = Math.floor(bucket.length / layout.entryBytes);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const start = middle * layout.entryBytes + layout.idStart;
      const order = id.compare(bucket, start, start + this.#idBytes);
      if (order === 0) return middle + this.#countBelow(firstByte);
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return undefined;
  }

  /** Byte offset in the pack of the object at this place of the index. */
  offsetOf(place: number): number | undefined {
    const layout = this.#readLayout();
    if (layout === undefined) return undefined;
    const objectCount = this.#countBelow(256);
    const entries = entriesStart(layout);
    const offsets = entries + objectCount * (this.#idBytes + 4);
    const isFirstVersion = layout.version === 1;
    const offset = this.#readBytes(
      isFirstVersion ? entries + place * layout.entryBytes : offsets + place * 4,
      4,
    );
    if (offset?.length !== 4) return undefined;
    const value = offset.readUInt32BE(0);
    if (isFirstVersion || value < 0x80000000) return value;
    const large = this.#readBytes(offsets + objectCount * 4 + (value - 0x80000000) * 8, 8);
    return large?.length === 8 ? Number(large.readBigUInt64BE(0)) : undefined;
  }

  #countBelow(firstByte: number): number {
    const fanout = this.#readFanout();
    return firstByte === 0 || fanout === undefined ? 0 : fanout.readUInt32BE((firstByte - 1) * 4);
  }

  #readBucket(firstByte: number, layout: Layout): Buffer | undefined {
    const known = this.#buckets.get(firstByte);
    if (known !== undefined) return known;
    if (this.#readFanout() === undefined) return undefined;
    const start = this.#countBelow(firstByte);
    const count = this.#countBelow(firstByte + 1) - start;
    if (count < 0 || count > maxBucketObjects) return undefined;
    const { entryBytes } = layout;
    const bucket = this.#readBytes(entriesStart(layout) + start * entryBytes, count * entryBytes);
    if (bucket !== undefined) this.#buckets.set(firstByte, bucket);
    return bucket;
  }

  #readFanout(): Buffer | undefined {
    if (this.#fanout !== undefined) return this.#fanout;
    const layout = this.#readLayout();
    if (layout === undefined) return undefined;
    const fanout = this.#readBytes(layout.fanoutStart, fanoutBytes);
    if (fanout?.length === fanoutBytes) this.#fanout = fanout;
    return this.#fanout;
  }

  #readLayout(): Layout | undefined {
    if (this.#layout !== undefined) return this.#layout;
    const header = this.#readBytes(0, headerBytes);
    if (header?.length === headerBytes) this.#layout = layoutOf(header, this.#idBytes);
    return this.#layout;
  }

  #readBytes(start: number, length: number): Buffer | undefined {
    if (this.#content !== undefined) return this.#content.subarray(start, start + length);
    const read = withOpenFile(this.#path, (descriptor) => ({
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

/** Undefined for a version that git does not know either. What lacks the signature is of the first one. */
function layoutOf(header: Buffer, idBytes: 20 | 32): Layout | undefined {
  if (header.readUInt32BE(0) !== signature)
    return { version: 1, fanoutStart: 0, entryBytes: 4 + idBytes, idStart: 4 };
  if (header.readUInt32BE(4) !== 2) return undefined;
  return { version: 2, fanoutStart: headerBytes, entryBytes: idBytes, idStart: 0 };
}

function entriesStart({ fanoutStart }: Layout): number {
  return fanoutStart + fanoutBytes;
}

/** Of all but the two checksums at the end. The second version has 8 bytes more for each object far behind in the pack. */
function isPossibleSize(bytes: number, objectCount: number, layout: Layout): boolean {
  const crcAndOffsetBytes = layout.version === 1 ? 0 : 8;
  const least = entriesStart(layout) + objectCount * (layout.entryBytes + crcAndOffsetBytes);
  const most = layout.version === 1 ? least : least + Math.max(objectCount - 1, 0) * 8;
  return bytes >= least && bytes <= most;
}

function countObjects(head: Buffer, { fanoutStart }: Layout): number | undefined {
  let previous = 0;
  for (let byte = 0; byte < 256; byte++) {
    const count = head.readUInt32BE(fanoutStart + byte * 4);
    if (count < previous) return undefined;
    previous = count;
  }
  return previous;
}

/** True where the last bytes are the hash of all before them. */
export function endsInItsChecksum(content: Buffer, checksumBytes: 20 | 32): boolean {
  const actual = hash(hashAlgorithm(checksumBytes), content.subarray(0, -checksumBytes), "buffer");
  return actual.equals(content.subarray(-checksumBytes));
}
