import { crc32 } from "node:zlib";

export interface GzipPiece {
  readonly plain: Buffer;
  /** `plain` as deflate blocks that end on a byte, none of them the last. */
  readonly deflated: Buffer;
}

/** Magic, deflate, no flags, no time, no hints, an unknown system. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** An empty block that says "this is the end". */
const lastBlock = Buffer.from([0x03, 0x00]);

/**
 * One gzip member made of pieces that were compressed apart, so that a piece is compressed only when it changes.
 * Not one member for each piece: browsers show the first member of a file and drop the rest.
 */
export function joinGzip(pieces: readonly GzipPiece[]): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksumOf(pieces), 0);
  trailer.writeUInt32LE(pieces.reduce((bytes, { plain }) => bytes + plain.length, 0) >>> 0, 4);
  return Buffer.concat([header, ...pieces.map(({ deflated }) => deflated), lastBlock, trailer]);
}

function checksumOf(pieces: readonly GzipPiece[]): number {
  // zlib takes an empty buffer for a request to start over.
  const filled = pieces.filter(({ plain }) => plain.length > 0);
  return filled.reduce((checksum, { plain }) => crc32(plain, checksum), 0);
}
