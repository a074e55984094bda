export const headerBytes = 8;
export const fanoutBytes = 256 * 4;
const signature = 0xff744f63;

/** The offsets of an index's tables. Version 1 has no header, and puts each object's offset before its id. */
export interface PackIndexLayout {
  readonly version: 1 | 2;
  readonly fanoutStart: number;
  readonly entryBytes: number;
  /** Of the id within its entry. */
  readonly idStart: number;
}

/** Undefined for a version that git does not know either. What lacks the signature is of the first one. */
export function parseLayout(header: Buffer, idBytes: 20 | 32): PackIndexLayout | undefined {
  if (header.readUInt32BE(0) !== signature)
    return { version: 1, fanoutStart: 0, entryBytes: 4 + idBytes, idStart: 4 };
  if (header.readUInt32BE(4) !== 2) return undefined;
  return { version: 2, fanoutStart: headerBytes, entryBytes: idBytes, idStart: 0 };
}

export function entriesStart({ fanoutStart }: PackIndexLayout): number {
  return fanoutStart + fanoutBytes;
}

/** Of all but the two checksums at the end. The second version has 8 bytes more for each object far behind in the pack. */
export function isPossibleSize(bytes: number, objectCount: number, layout: PackIndexLayout): boolean {
  const crcAndOffsetBytes = layout.version === 1 ? 0 : 8;
  const least = entriesStart(layout) + objectCount * (layout.entryBytes + crcAndOffsetBytes);
  const most = layout.version === 1 ? least : least + Math.max(objectCount - 1, 0) * 8;
  return bytes >= least && bytes <= most;
}

export function countObjects(head: Buffer, { fanoutStart }: PackIndexLayout): number | undefined {
  let previous = 0;
  for (let byte = 0; byte < 256; byte++) {
    const count = head.readUInt32BE(fanoutStart + byte * 4);
    if (count < previous) return undefined;
    previous = count;
  }
  return previous;
}

/** What a table of an index must know of itself. */
export interface PackIndexShape {
  readonly layout: PackIndexLayout;
  readonly objectCount: number;
  readonly idBytes: 20 | 32;
}

/**
 * Where the object at a place of the index starts in the pack: a small offset in the entry or in a table of them, one
 * beyond two gibibytes in a table behind that. Undefined if the index ends before.
 */
export function readOffset(
  { layout, objectCount, idBytes }: PackIndexShape,
  place: number,
  read: (start: number, length: number) => Buffer | undefined,
): number | undefined {
  const entries = entriesStart(layout);
  const isFirstVersion = layout.version === 1;
  const offsets = entries + objectCount * (idBytes + 4);
  const offset = read(isFirstVersion ? entries + place * layout.entryBytes : offsets + place * 4, 4);
  if (offset?.length !== 4) return undefined;
  const value = offset.readUInt32BE(0);
  if (isFirstVersion || value < largeOffsetFlag) return value;
  const large = read(offsets + objectCount * 4 + (value - largeOffsetFlag) * 8, 8);
  return large?.length === 8 ? Number(large.readBigUInt64BE(0)) : undefined;
}

const largeOffsetFlag = 0x80000000;
