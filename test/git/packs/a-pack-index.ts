import { createHash } from "node:crypto";

export interface AnEntry {
  readonly objectId: string;
  readonly offset: number;
}

const largeOffset = 0x80000000;

/** The bytes of an index by the rules of gitformat-pack(5), made by hand. */
export function aPackIndex(
  unsorted: readonly AnEntry[],
  { version = 2, packChecksum = "f".repeat(40) }: { version?: 1 | 2; packChecksum?: string } = {},
): Buffer {
  const entries = unsorted.toSorted((one, other) => (one.objectId < other.objectId ? -1 : 1));
  const fanout = Buffer.alloc(1024);
  for (let byte = 0, below = 0; byte < 256; byte++) {
    while (below < entries.length && firstByte(entries[below]) <= byte) below++;
    fanout.writeUInt32BE(below, byte * 4);
  }
  const parts = version === 1 ? [fanout, ...firstVersion(entries)] : secondVersion(fanout, entries);
  const body = Buffer.concat([...parts, Buffer.from(packChecksum, "hex")]);
  const idBytes = packChecksum.length / 2;
  return Buffer.concat([
    body,
    createHash(idBytes === 20 ? "sha1" : "sha256")
      .update(body)
      .digest(),
  ]);
}

function firstByte(entry: AnEntry | undefined): number {
  return parseInt(entry?.objectId.slice(0, 2) ?? "", 16);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function firstVersion(entries: readonly AnEntry[]): Buffer[] {
  return entries.map(({ objectId, offset }) => Buffer.concat([uint32(offset), Buffer.from(objectId, "hex")]));
}

function secondVersion(fanout: Buffer, entries: readonly AnEntry[]): Buffer[] {
  const large: Buffer[] = [];
  const offsets = entries.map(({ offset }) => {
    if (offset < largeOffset) return uint32(offset);
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(offset));
    large.push(bytes);
    return uint32(largeOffset + large.length - 1);
  });
  const ids = entries.map(({ objectId }) => Buffer.from(objectId, "hex"));
  const checksums = entries.map(() => uint32(0));
  return [Buffer.from("ff744f6300000002", "hex"), fanout, ...ids, ...checksums, ...offsets, ...large];
}
