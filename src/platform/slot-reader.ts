import { readlinkSync, type Dirent, type Stats } from "node:fs";
import { decodeBytes, encodePath } from "./byte-text.ts";
import { systemErrorCode } from "./coded-error.ts";
import { isReallyInside, isSamePlace, resolveLinks } from "./contained-path.ts";
import { listAllNames, readDirectory, type DirectoryReading } from "./directory.ts";
import {
  noteFailure,
  readEntry,
  readLinkEnd,
  readRegularFile,
  withOpenFile,
  type Entry,
  type FileReading,
  type NoOpenFile,
  type ReadFailures,
} from "./regular-file.ts";

interface Listing {
  readonly reading: DirectoryReading;
  byName?: ReadonlyMap<string, Dirent>;
}

export interface SlotReaderOptions {
  /** Collects which paths were asked about. */
  readonly paths?: Set<string> | undefined;
  /** False to ask the file system each time and to note nothing. */
  readonly remembers?: boolean;
}

/**
 * Reads the files of a slot for one inspection. No directory is listed twice, so the whole inspection sees the same names.
 * Never throws: a hostile or vanishing path becomes a kind.
 */
export class SlotReader {
  readonly #paths: Set<string> | undefined;
  readonly #listings: Map<string, Listing> | undefined;
  /** A map and no function: what a function stored in a property reaches, V8 keeps until it collects all of its heap. */
  readonly #failures: ReadFailures | undefined;

  constructor({ paths, remembers = true }: SlotReaderOptions = {}) {
    this.#paths = paths;
    if (!remembers) return;
    this.#listings = new Map();
    this.#failures = new Map();
  }

  /** Every path that could not be read for a reason other than the path itself, with the error's code. */
  get failures(): ReadonlyMap<string, string> {
    return this.#failures ?? noFailures;
  }

  /** A reader with listings and failures of its own, whose paths count as those of this one. */
  fork(): SlotReader {
    return new SlotReader({ paths: this.#paths });
  }

  readEntry(path: string): Entry {
    this.#paths?.add(path);
    return readEntry(path, this.#failures);
  }

  /** True for a real directory, and not for a link to one. */
  isDirectory(path: string): boolean {
    return this.readEntry(path).kind === "directory";
  }

  /** What is at the end of the link. */
  readLinkEnd(path: string): Entry {
    this.#paths?.add(path);
    return readLinkEnd(path, this.#failures);
  }

  /** The path that a link names. Undefined if there is no link any more. */
  readLink(path: string): string | undefined {
    this.#paths?.add(path);
    try {
      return decodeBytes(readlinkSync(encodePath(path), { encoding: "buffer" }));
    } catch (error) {
      const errorCode = systemErrorCode(error) ?? "EIO";
      // The error means that something else is there now.
      if (errorCode !== "EINVAL") noteFailure(this.#failures, path, errorCode);
      return undefined;
    }
  }

  /** The kind of entry at a path, from a listing if that shows it. */
  readListedEntry(path: string): Omit<Entry, "stats"> {
    const kind = this.#findListedKind(path);
    if (kind === undefined) return this.readEntry(path);
    this.#paths?.add(path);
    return { kind };
  }

  /** True if a listing showed nothing by that name. */
  isListedMissing(path: string): boolean {
    if (this.#findListedKind(path) !== "missing") return false;
    this.#paths?.add(path);
    return true;
  }

  /** Reads a whole file: see `readRegularFile`. */
  readRegularFile(path: string, { maxBytes }: { maxBytes: number }): FileReading {
    return readRegularFile(path, { maxBytes, entry: this.readListedEntry(path), failures: this.#failures });
  }

  /** Opens a regular file without following a link and without waiting for a FIFO's writer. */
  withOpenFile<T>(path: string, use: (descriptor: number, stats: Stats) => T): T | NoOpenFile {
    this.#paths?.add(path);
    return withOpenFile(path, use, this.#failures);
  }

  /** Lists a directory, once. Follows no link. */
  readDirectory(path: string): DirectoryReading {
    const known = this.#listings?.get(path)?.reading;
    if (known !== undefined) return known;
    const reading = this.isListedMissing(path) ? missing : this.#listDirectory(path);
    this.#listings?.set(path, { reading });
    return reading;
  }

  #listDirectory(path: string): DirectoryReading {
    this.#paths?.add(path);
    return readDirectory(path, this.#failures);
  }

  /** The directory is listed again when it is asked for again. */
  forgetListing(path: string): void {
    this.#listings?.delete(path);
  }

  /** What is in a directory; nothing if it cannot be listed. */
  listEntries(path: string): readonly Dirent[] {
    const reading = this.readDirectory(path);
    return reading.kind === "entries" ? reading.entries : [];
  }

  /** The names in a directory; none if it cannot be listed. */
  listNames(path: string): readonly string[] {
    return this.listEntries(path).map(({ name }) => name);
  }

  /** Every name in a directory, however large it is, and as it is now: see `listAllNames`. */
  listAllNames(path: string): string[] {
    this.#paths?.add(path);
    return listAllNames(path, this.#failures);
  }

  /**
   * True if every folder between `base` and the last part of `relative` is a real directory, so that reading
   * `base/relative` cannot be led elsewhere by a link. Missing folders lead nowhere and count as plain.
   */
  isPlainPath(base: string, relative: string): boolean {
    let folder = base;
    for (const name of relative.split("/").slice(0, -1)) {
      folder = `${folder}/${name}`;
      if (this.#listings?.get(folder)?.reading.kind === "entries") continue;
      const { kind } = this.readListedEntry(folder);
      if (kind !== "directory" && kind !== "missing") return false;
    }
    return true;
  }

  /** The path with every symbolic link resolved: see `resolveLinks`. */
  resolveLinks(path: string): string | undefined {
    return resolveLinks(path, this.#failures);
  }

  /** True if `path`, links followed, is `directory` (links followed) or below it. */
  isReallyInside(directory: string, path: string): boolean {
    return isReallyInside(directory, path, this.#failures);
  }

  /** True if both paths lead to one place, links followed. */
  isSamePlace(one: string, other: string): boolean {
    return isSamePlace(one, other, this.#failures);
  }

  /**
   * What the listing of its directory showed at a path. Undefined if that was not listed, or showed a link or something
   * special: then the path itself has to be asked.
   */
  #findListedKind(path: string): "file" | "directory" | "missing" | undefined {
    if (this.#listings === undefined) return undefined;
    const end = path.lastIndexOf("/");
    const listing = this.#listings.get(path.slice(0, end));
    if (listing?.reading.kind === "missing") return "missing";
    if (listing?.reading.kind !== "entries") return undefined;
    const { entries } = listing.reading;
    const entry = findEntry(listing, entries, path.slice(end + 1));
    if (entry === undefined) return entries.length <= fewEntries ? "missing" : undefined;
    if (entry.isFile()) return "file";
    return entry.isDirectory() ? "directory" : undefined;
  }
}

/** Asks the file system each time and remembers nothing: for recovery, salvage, allocation and release, which change what they read. */
export const uncachedReader = new SlotReader({ remembers: false });

const missing = { kind: "missing" } as const;
const noFailures: ReadonlyMap<string, string> = new Map();

/**
 * So few are found sooner one by one than a map of them is made. And the kernel lists them in one call, while nothing
 * in the directory is renamed: in several calls, what is moved meanwhile can seem to be missing.
 */
const fewEntries = 32;

function findEntry(listing: Listing, entries: readonly Dirent[], name: string): Dirent | undefined {
  if (entries.length <= fewEntries) return entries.find((entry) => entry.name === name);
  listing.byName ??= new Map(entries.map((entry) => [entry.name, entry]));
  return listing.byName.get(name);
}
