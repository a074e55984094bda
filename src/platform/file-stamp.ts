import { lstatSync } from "node:fs";
import { endianness } from "node:os";
import { fileURLToPath } from "node:url";
import { encodePath } from "./byte-text.ts";
import { findLibcFunction } from "./libc.ts";

/**
 * What a change of a file changes: inode, size, and the times of modification and of change in milliseconds with
 * fractions.
 */
export type FileStamp = Float64Array;

export const stampLength = 4;

/** Links are not followed. False if nothing is there, or if access is denied; `into` then stays as it was. */
export type ReadStamp = (path: string, into: FileStamp) => boolean;

let reader: ReadStamp | undefined;

/** Reads the stamp of a path. A thousand quiet slots are some ten thousand of these calls, and little else. */
export function readStamp(path: string, into: FileStamp): boolean {
  reader ??= chooseReader();
  return reader(path, into);
}

/** Through libc it takes half as long as `lstatSync` (measured), which makes an object and four dates of each answer. */
function chooseReader(): ReadStamp {
  const throughLibc = endianness() === "LE" ? readerThroughLibc() : undefined;
  return throughLibc !== undefined && agreesWithNode(throughLibc) ? throughLibc : readThroughNode;
}

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
/** STATX_MTIME, STATX_CTIME, STATX_INO and STATX_SIZE. */
const wanted = 0x40 | 0x80 | 0x100 | 0x200;
/** Of `struct statx`, and of its fields in words of 32 bits. Source: statx(2), linux/stat.h. */
const statxBytes = 256;
const inodeAt = 8;
const sizeAt = 10;
const changeTimeAt = 24;
const modificationTimeAt = 28;

/** Undefined if there is no such call. */
export function readerThroughLibc(): ReadStamp | undefined {
  const statx = findLibcFunction("int statx(int, const char *, int, unsigned int, void *)");
  if (statx === undefined) return undefined;
  const answer = Buffer.alloc(statxBytes);
  const words = new Uint32Array(answer.buffer, answer.byteOffset, statxBytes / 4);
  const long = (at: number): number => (words[at] ?? 0) + (words[at + 1] ?? 0) * 2 ** 32;
  // Seconds have a sign: there are times before 1970.
  const seconds = (at: number): number => (words[at] ?? 0) + ((words[at + 1] ?? 0) | 0) * 2 ** 32;
  const milliseconds = (at: number): number => seconds(at) * 1000 + (words[at + 2] ?? 0) / 1_000_000;
  return (path, into) => {
    // C would take what is before it for the path.
    if (path.includes("\0")) return false;
    if (!path.isWellFormed()) return readThroughNode(path, into);
    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, wanted, answer) !== 0) return false;
    into[0] = long(inodeAt);
    into[1] = long(sizeAt);
    into[2] = milliseconds(modificationTimeAt);
    into[3] = milliseconds(changeTimeAt);
    return true;
  };
}

export function readThroughNode(path: string, into: FileStamp): boolean {
  try {
    const stats = lstatSync(encodePath(path), { throwIfNoEntry: false });
    if (stats === undefined) return false;
    into[0] = stats.ino;
    into[1] = stats.size;
    into[2] = stats.mtimeMs;
    into[3] = stats.ctimeMs;
    return true;
  } catch {
    // ENOTDIR, ELOOP, no permission: nothing is known of it.
    return false;
  }
}

/** A kernel or a sandbox may know no statx, and a stamp that never changes would hide everything. */
function agreesWithNode(read: ReadStamp): boolean {
  const [own, theirs] = [new Float64Array(stampLength), new Float64Array(stampLength)];
  return ["/", fileURLToPath(import.meta.url)].every(
    (path) =>
      readThroughNode(path, theirs) &&
      read(path, own) &&
      own.every((value, index) => value === theirs[index]),
  );
}
