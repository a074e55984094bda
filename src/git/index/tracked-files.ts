import { hash } from "node:crypto";
import type { Stats } from "node:fs";
import { hashAlgorithm } from "../objects/object-id.ts";
import { findIndexExtensions, headerBytes, modeAt, statBytes, type EntryPlace } from "./index-entries.ts";

const ctimeAt = 0;
const mtimeAt = 8;
const inodeAt = 20;
const sizeAt = 36;
/** Assume-valid, extended (skip-worktree, intent-to-add) and the stage: an entry with any of them tells nothing of a file. */
const unusualFlags = 0x8000 | 0x4000 | 0x3000;
/** The index keeps the lower 32 bits of inodes. */
const words = 0x1_0000_0000;

/** An entry of an index for a file. */
export interface TrackedFile {
  /** Of the entry among all of the index. */
  readonly position: number;
  /** Its bytes in latin1. */
  readonly path: string;
  /** As git writes it, such as 100644. */
  readonly mode: string;
  readonly objectId: string;
  readonly bytes: number;
  readonly modifiedAtMilliseconds: number;
}

interface IndexEntry {
  readonly path: string;
  readonly start: number;
  /** False if it tells nothing of a file. */
  readonly isUsual: boolean;
}

/**
 * What an index says of the files that git wrote or read: which of them nobody has changed since, told without reading one.
 *
 * It is stricter than git, which compares whole seconds and forgives a change of some fields: size, inode, and the times of
 * change of both content and inode have to be the same to the microsecond. No program sets the latter (`ctime`), so that an
 * edit with its `mtime` restored, and another file moved over it, are seen; so is an edit after the clock was set back. A
 * file that changed in the second in which the index was written, or later, is never believed.
 */
export class TrackedFiles {
  readonly index: Buffer;
  readonly #idBytes: 20 | 32;
  readonly #writtenAtSeconds: number;
  readonly #entries: readonly IndexEntry[];
  /** The positions of those that tell something of a file. */
  #positions: ReadonlyMap<string, number> | undefined;

  private constructor(
    index: Buffer,
    idBytes: 20 | 32,
    { mtimeMs }: Pick<Stats, "mtimeMs">,
    entries: readonly IndexEntry[],
  ) {
    this.index = index;
    this.#idBytes = idBytes;
    this.#writtenAtSeconds = Math.floor(mtimeMs / 1000);
    this.#entries = entries;
  }

  /** Undefined if the index is not one of whole files: damaged, or split into two. */
  static parse(index: Buffer, idBytes: 20 | 32, times: Pick<Stats, "mtimeMs">): TrackedFiles | undefined {
    if (index.length < headerBytes + idBytes || index.toString("latin1", 0, 4) !== "DIRC") return undefined;
    const isCompressed = index.readUInt32BE(4) === 4;
    const entries: IndexEntry[] = [];
    let path = "";
    const extensions = findIndexExtensions(index, idBytes, (entry) => {
      path = isCompressed
        ? readCompressedName(index, entry, path)
        : index.toString("latin1", entry.nameAt, entry.nameEnd);
      entries.push({ path, start: entry.start, isUsual: (entry.flags & unusualFlags) === 0 });
    });
    if (extensions === undefined || extensions.some(({ name }) => name === "link")) return undefined;
    return new TrackedFiles(index, idBytes, times, entries);
  }

  /** The entry that a file of such stat data is; undefined if it may be another content. `path` has its bytes in latin1. */
  findUnchanged(path: string, stats: Stats): TrackedFile | undefined {
    const position = this.#findPosition(path);
    return position !== undefined && this.#isUnchanged(position, stats) ? this.fileAt(position) : undefined;
  }

  /** The same index, but of files that changed in that second or later git knows nothing then, and reads each of them. */
  withoutChangesSince(seconds: number): Buffer {
    const index = Buffer.from(this.index);
    for (const { start } of this.#entries) {
      const changedAt = Math.max(index.readUInt32BE(start + ctimeAt), index.readUInt32BE(start + mtimeAt));
      if (changedAt < seconds) continue;
      index.fill(0, start, start + modeAt);
      index.fill(0, start + modeAt + 4, start + statBytes);
    }
    const end = index.length - this.#idBytes;
    hash(hashAlgorithm(this.#idBytes), index.subarray(0, end), "buffer").copy(index, end);
    return index;
  }

  /** What the index says of a file; undefined if it has no such entry. */
  fileAt(position: number): TrackedFile | undefined {
    const entry = this.#entries[position];
    if (entry === undefined) return undefined;
    const { path, start } = entry;
    const word = (at: number): number => this.index.readUInt32BE(start + at);
    return {
      position,
      path,
      mode: word(modeAt).toString(8),
      objectId: this.index.toString("hex", start + statBytes, start + statBytes + this.#idBytes),
      bytes: word(sizeAt),
      modifiedAtMilliseconds: word(mtimeAt) * 1000 + Math.floor(word(mtimeAt + 4) / 1_000_000),
    };
  }

  #findPosition(path: string): number | undefined {
    this.#positions ??= new Map(
      this.#entries.flatMap((entry, position) => (entry.isUsual ? [[entry.path, position]] : [])),
    );
    return this.#positions.get(path);
  }

  #isUnchanged(position: number, stats: Stats): boolean {
    const start = this.#entries[position]?.start ?? 0;
    const word = (at: number): number => this.index.readUInt32BE(start + at);
    // As Node makes milliseconds of both parts of a time.
    const time = (at: number): number => word(at) * 1000 + word(at + 4) / 1_000_000;
    return (
      stats.isFile() &&
      this.#isSettled(stats) &&
      time(ctimeAt) === stats.ctimeMs &&
      time(mtimeAt) === stats.mtimeMs &&
      word(inodeAt) === stats.ino % words &&
      word(sizeAt) === stats.size
    );
  }

  #isSettled({ ctimeMs, mtimeMs }: Stats): boolean {
    return ctimeMs > 0 && Math.floor(Math.max(ctimeMs, mtimeMs) / 1000) < this.#writtenAtSeconds;
  }
}

/** How much of the previous name to drop is git's variable-width number. Source: gitformat-index(5). */
function readCompressedName(index: Buffer, { nameAt, nameEnd }: EntryPlace, previous: string): string {
  let position = nameAt;
  let byte = index[position++] ?? 0;
  let dropped = byte & 0x7f;
  while ((byte & 0x80) !== 0) {
    byte = index[position++] ?? 0;
    dropped = ((dropped + 1) << 7) | (byte & 0x7f);
  }
  return (
    previous.slice(0, Math.max(0, previous.length - dropped)) + index.toString("latin1", position, nameEnd)
  );
}
