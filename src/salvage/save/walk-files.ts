import { closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync, type Stats } from "node:fs";
import { systemErrorCode } from "../../platform/coded-error.ts";

/** A file, a link or a directory below the walked one. Names are bytes: they need not be UTF-8. */
export interface WalkedEntry {
  readonly kind: "file" | "link" | "directory";
  /** Relative to the walked directory, with `/` between the names. */
  readonly path: Buffer;
  /** Leads to the entry through its parent's descriptor, so that no link can come in between. Valid while visited. */
  readonly access: Buffer;
  readonly stats: Stats;
  /** Where a link leads. */
  readonly target?: Buffer;
}

/** What holds no bytes that could be saved, or does not let itself be read. */
export interface WalkedObstacle {
  readonly kind: "unreadable" | "special" | "too_deep";
  readonly path: Buffer;
  /** The system's error code, or what the entry is instead of a file. */
  readonly found: string;
}

export interface WalkOptions {
  /** Entries for which it answers true are left out, with everything below. */
  readonly isLeftOut?: (path: Buffer, kind: "directory" | "other") => boolean;
}

/** Each level of the tree keeps a descriptor open. */
const deepestLevel = 400;
const slash = Buffer.from("/");

/**
 * Walks a hostile tree in the order of its names' bytes. No link is followed, not even one that takes a directory's
 * place meanwhile: each step starts from an open directory.
 */
export function* walkFiles(root: string, options: WalkOptions = {}): Generator<WalkedEntry | WalkedObstacle> {
  const descriptor = openDirectory(Buffer.from(root));
  if (typeof descriptor === "string") {
    if (descriptor !== "ENOENT") yield { kind: "unreadable", path: Buffer.alloc(0), found: descriptor };
    return;
  }
  yield* walkOpenDirectory(descriptor, { path: Buffer.alloc(0), level: 0 }, options);
}

function* walkOpenDirectory(
  descriptor: number,
  place: { path: Buffer; level: number },
  options: WalkOptions,
): Generator<WalkedEntry | WalkedObstacle> {
  const here = Buffer.from(`/proc/self/fd/${descriptor}`);
  try {
    const names = listNames(here);
    if (typeof names === "string") {
      yield { kind: "unreadable", path: place.path, found: names };
      return;
    }
    for (const name of names) {
      const path = place.path.length === 0 ? name : Buffer.concat([place.path, slash, name]);
      const entry = readEntry(path, Buffer.concat([here, slash, name]));
      if (entry === undefined) continue;
      if (options.isLeftOut?.(path, entry.kind === "directory" ? "directory" : "other") === true) continue;
      yield entry;
      if (entry.kind === "directory") yield* enterDirectory(entry, place.level, options);
    }
  } finally {
    closeSync(descriptor);
  }
}

function* enterDirectory(
  { path, access }: WalkedEntry,
  level: number,
  options: WalkOptions,
): Generator<WalkedEntry | WalkedObstacle> {
  if (level >= deepestLevel) {
    yield { kind: "too_deep", path, found: `${level} levels` };
    return;
  }
  const descriptor = openDirectory(access);
  if (typeof descriptor === "string") yield { kind: "unreadable", path, found: descriptor };
  else yield* walkOpenDirectory(descriptor, { path, level: level + 1 }, options);
}

/** A descriptor, or the system's error code. */
function openDirectory(path: Buffer): number | string {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    return systemErrorCode(error) ?? "EIO";
  }
}

function listNames(directory: Buffer): Buffer[] | string {
  try {
    return readdirSync(directory, { encoding: "buffer" }).sort((one, other) => one.compare(other));
  } catch (error) {
    return systemErrorCode(error) ?? "EIO";
  }
}

/** Undefined if the entry vanished since its name was read. */
function readEntry(path: Buffer, access: Buffer): WalkedEntry | WalkedObstacle | undefined {
  try {
    const stats = lstatSync(access, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (stats.isFile()) return { kind: "file", path, access, stats };
    if (stats.isDirectory()) return { kind: "directory", path, access, stats };
    if (stats.isSymbolicLink()) {
      return { kind: "link", path, access, stats, target: readlinkSync(access, { encoding: "buffer" }) };
    }
    return { kind: "special", path, found: describeSpecial(stats) };
  } catch (error) {
    const code = systemErrorCode(error) ?? "EIO";
    return code === "ENOENT" ? undefined : { kind: "unreadable", path, found: code };
  }
}

function describeSpecial(stats: Stats): string {
  if (stats.isFIFO()) return "fifo";
  if (stats.isSocket()) return "socket";
  return "device";
}

/** Changes whenever the entry's content could have. */
export function signatureOf({ dev, ino, size, mode, mtimeMs, ctimeMs }: Stats): string {
  return [dev, ino, size, mode, mtimeMs, ctimeMs].join(":");
}

/** Bytes of all files below; links are not followed. */
export function measureBytes(path: string): number {
  let bytes = 0;
  for (const entry of walkFiles(path)) if (entry.kind === "file") bytes += entry.stats.size;
  return bytes;
}
