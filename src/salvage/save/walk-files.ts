import { closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync, type Stats } from "node:fs";
import { encodeBytes, encodePath } from "../../platform/byte-text.ts";
import { systemErrorCode } from "../../platform/coded-error.ts";

/** A file, a link or a directory below the walked one. */
export interface WalkedEntry {
  readonly kind: "file" | "link" | "directory";
  /** Relative to the walked directory, with `/` between the names; its bytes in latin1, since names need not be UTF-8. */
  readonly path: string;
  /** Leads to the entry through its parent's descriptor, so that no link can come in between. Valid while visited. */
  readonly access: string | Buffer;
  readonly stats: Stats;
  /** Where a link leads. */
  readonly target?: Buffer;
}

/** What holds no bytes that could be saved, or does not let itself be read. */
export interface WalkedObstacle {
  readonly kind: "unreadable" | "special" | "too_deep";
  /** Its bytes in latin1. */
  readonly path: string;
  /** The system's error code, or what the entry is instead of a file. */
  readonly found: string;
}

export interface WalkOptions {
  /** Entries for which it answers true are left out, with everything below. */
  readonly isLeftOut?: (path: string, kind: "directory" | "other") => boolean;
}

/** Each level of the tree keeps a descriptor open. */
const deepestLevel = 400;

interface OpenFolder {
  readonly path: string;
  readonly descriptor: number;
  /** In the order of their bytes, which are in latin1. */
  readonly names: readonly string[];
  next: number;
}

/**
 * Walks a hostile tree in the order of its names' bytes. No link is followed, not even one that takes a directory's
 * place meanwhile: each step starts from an open directory.
 */
export function* walkFiles(root: string, options: WalkOptions = {}): Generator<WalkedEntry | WalkedObstacle> {
  const levels: OpenFolder[] = [];
  const enter = (path: string, access: string | Buffer): WalkedObstacle | undefined => {
    const opened = openFolder(path, access);
    if ("found" in opened) return opened;
    levels.push(opened);
    return undefined;
  };
  try {
    const obstacle = enter("", encodePath(root));
    if (obstacle !== undefined && obstacle.found !== "ENOENT") yield obstacle;
    for (let folder = levels.at(-1); folder !== undefined; folder = levels.at(-1)) {
      const name = folder.names[folder.next++];
      if (name === undefined) {
        levels.pop();
        closeSync(folder.descriptor);
        continue;
      }
      const path = folder.path === "" ? name : `${folder.path}/${name}`;
      const entry = readEntry(path, placeOf(`/proc/self/fd/${folder.descriptor}`, name));
      if (entry === undefined) continue;
      if (options.isLeftOut?.(path, entry.kind === "directory" ? "directory" : "other") === true) continue;
      yield entry;
      if (entry.kind !== "directory") continue;
      const closed =
        levels.length > deepestLevel ? tooDeep(path, levels.length - 1) : enter(path, entry.access);
      if (closed !== undefined) yield closed;
    }
  } finally {
    for (const { descriptor } of levels) closeSync(descriptor);
  }
}

function tooDeep(path: string, level: number): WalkedObstacle {
  return { kind: "too_deep", path, found: `${level} levels` };
}

const plain = /^[\0-\x7f]*$/;

/** The path of something below a folder, by its bytes in latin1: as text, unless that has other bytes. */
export function placeOf(folder: string, path: string): string | Buffer {
  const place = `${folder}/${path}`;
  if (plain.test(path)) return encodePath(place);
  return Buffer.concat([encodeBytes(`${folder}/`), Buffer.from(path, "latin1")]);
}

function openFolder(path: string, access: string | Buffer): OpenFolder | WalkedObstacle {
  let descriptor;
  try {
    descriptor = openSync(access, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const names = readdirSync(`/proc/self/fd/${descriptor}`, { encoding: "latin1" }).sort();
    return { path, descriptor, names, next: 0 };
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    return { kind: "unreadable", path, found: systemErrorCode(error) ?? "EIO" };
  }
}

/** Undefined if the entry vanished since its name was read. */
function readEntry(path: string, access: string | Buffer): WalkedEntry | WalkedObstacle | undefined {
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

/** What changes whenever an entry's content could have. */
export type EntryIdentity = Pick<Stats, "dev" | "ino" | "size" | "mode" | "mtimeMs" | "ctimeMs">;

export function isSameEntry(one: EntryIdentity, other: EntryIdentity): boolean {
  return (
    one.ino === other.ino &&
    one.mtimeMs === other.mtimeMs &&
    one.ctimeMs === other.ctimeMs &&
    one.size === other.size &&
    one.mode === other.mode &&
    one.dev === other.dev
  );
}

/** Bytes of all files below; links are not followed. */
export function measureBytes(path: string): number {
  let bytes = 0;
  for (const entry of walkFiles(path)) if (entry.kind === "file") bytes += entry.stats.size;
  return bytes;
}
