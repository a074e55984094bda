import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  type ReadStream,
  type Stats,
} from "node:fs";
import { systemErrorCode } from "./coded-error.ts";
import type { EntryKind } from "./entry-kind.ts";
import { findListedKind } from "./listings.ts";
import { noteReadFailure } from "./read-failures.ts";

export interface Entry {
  readonly kind: EntryKind;
  readonly stats?: Stats;
  /** The system's error code where `kind` is `unreadable`. */
  readonly errorCode?: string;
}

let tracedPaths: Set<string> | undefined;

/** Every path that `use` asked about through this file, so that a change of any of them can be seen later. */
export function traceReads<T>(use: () => T): { readonly result: T; readonly paths: ReadonlySet<string> } {
  const outer = tracedPaths;
  const paths = new Set<string>();
  tracedPaths = paths;
  try {
    return { result: use(), paths };
  } finally {
    tracedPaths = outer;
  }
}

/** Never throws: a hostile or vanishing path becomes a kind. */
export function readEntry(path: string): Entry {
  tracedPaths?.add(path);
  let stats;
  try {
    // A thrown ENOENT costs ten times the call (measured), and absent files are normal in a repository.
    stats = lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return failed(path, error);
  }
  if (stats === undefined) return { kind: "missing" };
  if (stats.isFile()) return { kind: "file", stats };
  if (stats.isDirectory()) return { kind: "directory", stats };
  return { kind: stats.isSymbolicLink() ? "link" : "special file", stats };
}

export type FileReading =
  | { readonly kind: "content"; readonly content: Buffer; readonly stats: Stats }
  | { readonly kind: "missing" }
  | { readonly kind: "not_a_file"; readonly found: EntryKind }
  | { readonly kind: "too_large"; readonly bytes: number }
  | { readonly kind: "unreadable"; readonly errorCode: string };

/**
 * Reads a whole file of a slot. Opens nothing before knowing that it is a regular file (a FIFO
 * named HEAD would hang the process), follows no link, and reads no more than `maxBytes`.
 */
export function readRegularFile(path: string, limits: { maxBytes: number }): FileReading {
  const entry = readListedEntry(path);
  if (entry.kind === "missing") return { kind: "missing" };
  if (entry.kind === "unreadable") return { kind: "unreadable", errorCode: entry.errorCode ?? "EIO" };
  if (entry.kind !== "file") return { kind: "not_a_file", found: entry.kind };
  return withOpenFile(path, (descriptor, stats) => {
    if (stats.size > limits.maxBytes) return { kind: "too_large", bytes: stats.size };
    return { kind: "content", content: readRange(descriptor, 0, stats.size), stats };
  });
}

/** What kind of thing is there, from what a listing showed within this look where it can tell. */
export function readListedEntry(path: string): Omit<Entry, "stats"> {
  const kind = findListedKind(path);
  if (kind === undefined) return readEntry(path);
  tracedPaths?.add(path);
  return { kind };
}

/** True where a listing within this look showed nothing by that name. */
export function isListedMissing(path: string): boolean {
  if (findListedKind(path) !== "missing") return false;
  tracedPaths?.add(path);
  return true;
}

/** Opens a regular file without following a link and without waiting for a FIFO's writer. */
export function withOpenFile<T>(
  path: string,
  use: (descriptor: number, stats: Stats) => T,
): T | Extract<FileReading, { kind: "missing" | "not_a_file" | "unreadable" }> {
  tracedPaths?.add(path);
  let descriptor;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return systemErrorCode(error) === "ENOENT" ? { kind: "missing" } : failed(path, error);
  }
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() ? use(descriptor, stats) : { kind: "not_a_file", found: "special file" };
  } catch (error) {
    return failed(path, error);
  } finally {
    closeSync(descriptor);
  }
}

function failed(path: string, error: unknown): { readonly kind: "unreadable"; readonly errorCode: string } {
  const errorCode = systemErrorCode(error) ?? "EIO";
  noteReadFailure(path, errorCode);
  return { kind: "unreadable", errorCode };
}

/** Reads a regular file of any size. @throws if it is none, or cannot be opened. */
export function streamRegularFile(path: string): ReadStream {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if (fstatSync(descriptor).isFile()) return createReadStream("", { fd: descriptor });
  closeSync(descriptor);
  throw new Error(`${path} is no regular file`);
}

/**
 * Up to `length` bytes from `position`; fewer where the file ends or shrinks meanwhile. `into` is a buffer that the
 * caller uses again: fresh memory costs more than reading into it.
 */
export function readRange(
  descriptor: number,
  position: number,
  length: number,
  into: Buffer = Buffer.allocUnsafe(length),
): Buffer {
  const buffer = into.subarray(0, length);
  let filled = 0;
  while (filled < buffer.length) {
    const read = readSync(descriptor, buffer, filled, buffer.length - filled, position + filled);
    if (read === 0) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}
