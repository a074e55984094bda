const headerBytes = 12;
const statBytes = 40;
const modeAt = 24;
/** The upper four bits of an entry's mode: a directory (of a sparse index), a file, a link, a submodule. */
const entryTypes = [0o04, 0o10, 0o12, 0o16];
/** Git refuses an index with an extension that is neither optional, which a capital says, nor one of these. */
const readExtensions = /^(?:[A-Z]|link$|sdir$)/;
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
    const name = index.toString("latin1", position, position + 4);
    if (!readExtensions.test(name)) return undefined;
    const length = index.readUInt32BE(position + 4);
    extensions.push({ name, start: position + 8, length });
    position += 8 + length;
  }
  return position === end ? extensions : undefined;
}

/** Where the next entry starts; undefined if there is none that git writes. */
function skipEntry(
  index: Buffer,
  start: number,
  { version, idBytes }: { version: number; idBytes: number },
): number | undefined {
  const flagsAt = start + statBytes + idBytes;
  if (flagsAt + 2 > index.length) return undefined;
  if (!entryTypes.includes(index.readUInt32BE(start + modeAt) >>> 12)) return undefined;
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
