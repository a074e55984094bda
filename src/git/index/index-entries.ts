export const headerBytes = 12;
/** Of an entry, before its object id. */
export const statBytes = 40;
export const modeAt = 24;
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

/** Where an entry and the parts of it are. */
export interface EntryPlace {
  readonly start: number;
  readonly flags: number;
  /** Version 4 has here how much of the previous name to drop, then the rest of the name. */
  readonly nameAt: number;
  /** Of the NUL behind the name. */
  readonly nameEnd: number;
}

/**
 * The extensions of an index, found by walking over its entries; undefined if entries and extensions do
 * not fill the file to its checksum. `onEntry` gets each entry on the way. Source: gitformat-index(5).
 */
export function findIndexExtensions(
  index: Buffer,
  checksumBytes: 20 | 32,
  onEntry?: (entry: EntryPlace) => void,
): IndexExtension[] | undefined {
  const isCompressed = index.readUInt32BE(4) === 4;
  const end = index.length - checksumBytes;
  let position = headerBytes;
  for (let count = index.readUInt32BE(8); count > 0; count--) {
    const entry = findEntry(index, position, { isCompressed, idBytes: checksumBytes });
    if (entry === undefined) return undefined;
    // At least one NUL; but for version 4, as many as make the entry's length a multiple of eight.
    position = isCompressed ? entry.nameEnd + 1 : position + ((entry.nameEnd - position + 8) & ~7);
    if (position > end) return undefined;
    onEntry?.(entry);
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

/** Undefined if there is none that git writes. */
function findEntry(
  index: Buffer,
  start: number,
  { isCompressed, idBytes }: { isCompressed: boolean; idBytes: number },
): EntryPlace | undefined {
  const flagsAt = start + statBytes + idBytes;
  if (flagsAt + 2 > index.length) return undefined;
  if (!entryTypes.includes(index.readUInt32BE(start + modeAt) >>> 12)) return undefined;
  const flags = index.readUInt16BE(flagsAt);
  const nameAt = flagsAt + ((flags & hasMoreFlags) === 0 ? 2 : 4);
  const knownLength = flags & longNameLength;
  const isLengthKnown = !isCompressed && knownLength !== longNameLength;
  const nameEnd = isLengthKnown ? nameAt + knownLength : findNul(index, nameAt, isCompressed);
  return nameEnd < 0 ? undefined : { start, flags, nameAt, nameEnd };
}

/** A number may hold a zero byte, so it is passed over. */
function findNul(index: Buffer, nameAt: number, isCompressed: boolean): number {
  let position = nameAt;
  if (isCompressed) while (((index[position++] ?? 0) & 0x80) !== 0);
  return index.indexOf(0, position);
}
