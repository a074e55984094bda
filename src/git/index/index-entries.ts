const headerBytes = 12;
const statBytes = 40;
const longNameLength = 0xfff;
const hasMoreFlags = 0x4000;

/** Where the content of an extension is. */
export interface IndexExtension {
  readonly name: string;
  readonly start: number;
  readonly length: number;
}

/**
 * The extensions of an index, found by walking over its entries; undefined if entries and extensions do
 * not fill the file to its checksum. Source: gitformat-index(5).
 */
export function findIndexExtensions(index: Buffer, checksumBytes: 20 | 32): IndexExtension[] | undefined {
  const version = index.readUInt32BE(4);
  const end = index.length - checksumBytes;
  let position: number | undefined = headerBytes;
  for (let entry = index.readUInt32BE(8); entry > 0; entry--) {
    position = skipEntry(index, position, { version, idBytes: checksumBytes });
    if (position === undefined || position > end) return undefined;
  }
  const extensions: IndexExtension[] = [];
  while (position < end) {
    if (position + 8 > end) return undefined;
    const length = index.readUInt32BE(position + 4);
    extensions.push({ name: index.toString("latin1", position, position + 4), start: position + 8, length });
    position += 8 + length;
  }
  return position === end ? extensions : undefined;
}

/** Where the next entry starts. */
function skipEntry(
  index: Buffer,
  start: number,
  { version, idBytes }: { version: number; idBytes: number },
): number | undefined {
  const flagsAt = start + statBytes + idBytes;
  if (flagsAt + 2 > index.length) return undefined;
  const flags = index.readUInt16BE(flagsAt);
  const nameAt = flagsAt + ((flags & hasMoreFlags) === 0 ? 2 : 4);
  if (version === 4) return skipCompressedName(index, nameAt);
  const knownLength = flags & longNameLength;
  const length = knownLength === longNameLength ? index.indexOf(0, nameAt) - nameAt : knownLength;
  if (length < 0) return undefined;
  // At least one NUL, and as many as make the entry's length a multiple of eight.
  return start + ((nameAt - start + length + 8) & ~7);
}

/** Version 4: how much of the previous name to drop, then the rest of the name and a NUL. */
function skipCompressedName(index: Buffer, start: number): number | undefined {
  let position = start;
  while (((index[position] ?? 0) & 0x80) !== 0) position++;
  const end = index.indexOf(0, position + 1);
  return end < 0 ? undefined : end + 1;
}
