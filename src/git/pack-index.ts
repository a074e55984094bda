import { hash } from "node:crypto";
import { readRange, withOpenFile } from "../platform/regular-file.ts";
import { hashAlgorithm } from "./object-id.ts";

const headerBytes = 8;
const fanoutBytes = 256 * 4;
const oidsStart = headerBytes + fanoutBytes;
const signature = 0xff744f63;

/** Files up to this size are hashed whole in a probe: about a millisecond. Larger ones are left to the deep check. */
export const maxHashedBytes = 1024 * 1024;

export interface PackIndexEnds {
  readonly kind: "ends";
  readonly objectCount: number;
  /** Of the pack, as the index knows it. */
  readonly packChecksum: Buffer;
}
export type PackIndexReading = PackIndexEnds | { readonly kind: "corrupt"; readonly found: string };

/** An idx of version 2. Source: gitformat-pack(5). */
export class PackIndex {
  readonly #path: string;
  readonly #idBytes: 20 | 32;
  /** The whole file, where it is small and was checked. */
  #content: Buffer | undefined;
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
      if (stats.size < oidsStart + trailerBytes) return corrupt(`${stats.size} bytes`);
      const isSmall = stats.size <= maxHashedBytes;
      const head = readRange(descriptor, 0, isSmall ? stats.size : oidsStart);
      if (head.length < oidsStart) return corrupt("a file that shrank");
      if (head.readUInt32BE(0) !== signature) return corrupt("no signature");
      if (head.readUInt32BE(4) !== 2) return corrupt(`version ${head.readUInt32BE(4)}`);
      const objectCount = countObjects(head);
      if (objectCount === undefined) return corrupt("a fan-out table out of order");
      const least = oidsStart + objectCount * (this.#idBytes + 8) + trailerBytes;
      const most = least + Math.max(objectCount - 1, 0) * 8;
      if (stats.size < least || stats.size > most)
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
    if (id.length !== this.#idBytes) return undefined;
    const firstByte = id[0] ?? 0;
    const bucket = this.#readBucket(firstByte);
    if (bucket === undefined) return undefined;
    let low = 0;
    let high = Math.floor(bucket.length / this.#idBytes);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = id.compare(bucket, middle * this.#idBytes, (middle + 1) * this.#idBytes);
      if (order === 0) return middle + this.#countBelow(firstByte);
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return undefined;
  }

  /** Byte offset in the pack of the object at this place of the index. */
  offsetOf(place: number): number | undefined {
    const objectCount = this.#countBelow(256);
    const offsets = oidsStart + objectCount * (this.#idBytes + 4);
    const offset = this.#readBytes(offsets + place * 4, 4);
    if (offset?.length !== 4) return undefined;
    const value = offset.readUInt32BE(0);
    if (value < 0x80000000) return value;
    const large = this.#readBytes(offsets + objectCount * 4 + (value - 0x80000000) * 8, 8);
    return large?.length === 8 ? Number(large.readBigUInt64BE(0)) : undefined;
  }

  #countBelow(firstByte: number): number {
    const fanout = this.#readFanout();
    return firstByte === 0 || fanout === undefined ? 0 : fanout.readUInt32BE((firstByte - 1) * 4);
  }

  #readBucket(firstByte: number): Buffer | undefined {
    const known = this.#buckets.get(firstByte);
    if (known !== undefined) return known;
    if (this.#readFanout() === undefined) return undefined;
    const start = this.#countBelow(firstByte);
    const count = this.#countBelow(firstByte + 1) - start;
    if (count < 0 || count > maxBucketObjects) return undefined;
    const bucket = this.#readBytes(oidsStart + start * this.#idBytes, count * this.#idBytes);
    if (bucket !== undefined) this.#buckets.set(firstByte, bucket);
    return bucket;
  }

  #readFanout(): Buffer | undefined {
    if (this.#fanout !== undefined) return this.#fanout;
    const fanout = this.#readBytes(headerBytes, fanoutBytes);
    if (fanout?.length === fanoutBytes) this.#fanout = fanout;
    return this.#fanout;
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

function countObjects(head: Buffer): number | undefined {
  let previous = 0;
  for (let byte = 0; byte < 256; byte++) {
    const count = head.readUInt32BE(headerBytes + byte * 4);
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
