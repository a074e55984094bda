import { join } from "node:path";
import { inflateSync } from "node:zlib";
import type { SlotReader } from "../../platform/slot-reader.ts";
import type { UnreadPlace } from "../../platform/unread-path.ts";

export interface GitObject {
  readonly type: string;
  readonly content: Buffer;
}

export type ObjectReading =
  | { readonly kind: "object"; readonly object: GitObject }
  | { readonly kind: "missing" }
  | { readonly kind: "corrupt"; readonly path: string; readonly found: string }
  /** There by its name, but its content needs git: a delta, or larger than is read here. */
  | { readonly kind: "unread" };

/** Commits and trees are small; anything larger is left to git. */
export const maxObjectBytes = 16 * 1024 * 1024;

const usualObjectBytes = 16 * 1024;
/** The minimum of zlib in Node.js. */
const leastChunkBytes = 64;

export function looseObjectPath(objectsDirectory: string, objectId: string): string {
  return join(objectsDirectory, objectId.slice(0, 2), objectId.slice(2));
}

/** A loose object, its zlib stream and its header checked. */
export function readLooseObject(reader: SlotReader, path: string): ObjectReading {
  const reading = reader.readRegularFile(path, { maxBytes: maxObjectBytes });
  if (reading.kind === "missing") return { kind: "missing" };
  if (reading.kind === "too_large") return { kind: "unread" };
  if (reading.kind !== "content") {
    const found = reading.kind === "unreadable" ? reading.errorCode : `a ${reading.found}`;
    return { kind: "corrupt", path, found };
  }
  if (reading.content.length === 0) return { kind: "corrupt", path, found: "an empty file" };
  const inflated = inflate(reading.content);
  const object = inflated === undefined ? undefined : splitHeader(inflated);
  if (object === undefined) return { kind: "corrupt", path, found: "data that is no object" };
  return { kind: "object", object };
}

/** Undefined if the stream is damaged or larger than we read. With the length that is expected it takes one step. */
export function inflate(compressed: Buffer, expectedBytes = usualObjectBytes): Buffer | undefined {
  try {
    const chunkSize = Math.max(expectedBytes + 1, leastChunkBytes);
    return inflateSync(compressed, { chunkSize, maxOutputLength: maxObjectBytes });
  } catch {
    // Damaged zlib data: undefined.
    return undefined;
  }
}

function splitHeader(inflated: Buffer): GitObject | undefined {
  const end = inflated.indexOf(0);
  const match = /^(commit|tree|blob|tag) (\d+)$/.exec(inflated.toString("latin1", 0, Math.max(end, 0)));
  if (match === null || Number(match[2]) !== inflated.length - end - 1) return undefined;
  return { type: match[1] ?? "", content: inflated.subarray(end + 1) };
}

const looseName = /^(?:[0-9a-f]{38}|[0-9a-f]{62})$/;

/** True for the name of a folder in which git keeps loose objects: the first two digits of their ids. */
export function isFanOutFolder(name: string): boolean {
  return /^[0-9a-f]{2}$/.test(name);
}

/** Ids of the loose objects of a store, by their names alone; links are not followed. */
export function* looseIds(reader: SlotReader, objectsDirectory: string): Generator<string, void> {
  for (const folder of reader.listAllNames(objectsDirectory).filter(isFanOutFolder))
    for (const name of reader.listAllNames(join(objectsDirectory, folder)))
      if (looseName.test(name)) yield folder + name;
}

export interface LooseObjectScan {
  /** Places of objects that hold none. */
  readonly lost: readonly { readonly path: string; readonly found: string }[];
  /** Folders that were not read. */
  readonly unread: readonly UnreadPlace[];
}

/** The limit of one probe: git itself packs after 6,700 loose objects. */
const mostLooseObjects = 50_000;
/** How many faults are reported at most. */
const mostLostObjects = 500;

/** Loose objects of no bytes, which is what a power loss leaves, or that are no files. Only names and sizes are read. */
export function findLostObjects(
  reader: SlotReader,
  objectsDirectory: string,
  folders: readonly string[],
): LooseObjectScan {
  const lost: { path: string; found: string }[] = [];
  const unread: UnreadPlace[] = [];
  let seen = 0;
  for (const folder of folders) {
    const directory = `${objectsDirectory}/${folder}`;
    if (seen >= mostLooseObjects || lost.length >= mostLostObjects) {
      unread.push({ path: directory, detail: `what is beyond ${seen} loose objects` });
      break;
    }
    const reading = reader.readDirectory(directory);
    if (reading.kind === "too_large" || reading.kind === "unreadable") {
      unread.push({ path: directory, detail: reading.kind });
    }
    if (reading.kind !== "entries") continue;
    for (const { name } of reading.entries) {
      if (lost.length >= mostLostObjects) break;
      if (!looseName.test(name)) continue;
      seen++;
      const path = `${directory}/${name}`;
      const { kind, stats } = reader.readEntry(path);
      if (kind === "directory" || kind === "special file") lost.push({ path, found: `a ${kind}` });
      else if (stats?.size === 0) lost.push({ path, found: "an empty file" });
    }
  }
  return { lost, unread };
}
