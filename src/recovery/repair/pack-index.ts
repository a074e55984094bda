import { createHash } from "node:crypto";
import { hashAlgorithm } from "../../git/objects/object-id.ts";
import { readRegularFile } from "../../platform/regular-file.ts";

export interface PackIndexEntry {
  readonly objectId: string;
  readonly offset: number;
}

/** What an index of a pack names, as far as it can be believed. */
export interface PackIndex {
  readonly entries: readonly PackIndexEntry[];
  /** In hexadecimal digits: the last bytes of the pack that it was made for. */
  readonly packChecksum: string;
  /** True where its own checksum matches. */
  readonly isIntact: boolean;
}

const maxIndexBytes = 1024 * 1024 * 1024;
const headerBytes = 8 + 256 * 4;
const largeOffsetFlag = 0x80000000;

/** Undefined where the file is no index of version 2 or too short for its objects. Source: gitformat-pack(5). */
export function readPackIndex(path: string, idBytes: 20 | 32): PackIndex | undefined {
  const reading = readRegularFile(path, { maxBytes: maxIndexBytes });
  if (reading.kind !== "content") return undefined;
  const { content } = reading;
  if (content.length < headerBytes + 2 * idBytes) return undefined;
  if (content.readUInt32BE(0) !== 0xff744f63 || content.readUInt32BE(4) !== 2) return undefined;
  const count = content.readUInt32BE(headerBytes - 4);
  const offsetsAt = headerBytes + count * (idBytes + 4);
  if (content.length < offsetsAt + count * 4 + 2 * idBytes) return undefined;
  const digest = createHash(hashAlgorithm(idBytes)).update(content.subarray(0, -idBytes)).digest();
  return {
    entries: readEntries(content, { count, offsetsAt, idBytes }),
    packChecksum: content.toString("hex", content.length - 2 * idBytes, content.length - idBytes),
    isIntact: digest.equals(content.subarray(-idBytes)),
  };
}

function readEntries(
  content: Buffer,
  { count, offsetsAt, idBytes }: { count: number; offsetsAt: number; idBytes: number },
): PackIndexEntry[] {
  const entries: PackIndexEntry[] = [];
  for (let index = 0; index < count; index++) {
    const at = headerBytes + index * idBytes;
    const short = content.readUInt32BE(offsetsAt + index * 4);
    const largeAt = offsetsAt + count * 4 + (short - largeOffsetFlag) * 8;
    const isLarge = short >= largeOffsetFlag && largeAt + 8 <= content.length;
    const offset = isLarge ? Number(content.readBigUInt64BE(largeAt)) : short;
    entries.push({ objectId: content.toString("hex", at, at + idBytes), offset });
  }
  return entries;
}
