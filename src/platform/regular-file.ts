import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  statSync,
  type ReadStream,
  type Stats,
} from "node:fs";
import { encodePath } from "./byte-text.ts";
import { systemErrorCode } from "./coded-error.ts";
import type { EntryKind } from "./entry-kind.ts";
import { isEnvironmentError } from "./environment-error.ts";

export interface Entry {
  readonly kind: EntryKind;
  readonly stats?: Stats;
  /** The system's error code if `kind` is `unreadable`. */
  readonly errorCode?: string;
}

/** Each path that could not be read for a reason other than the path itself, with the error's code. */
export type ReadFailures = Map<string, string>;

export function noteFailure(failures: ReadFailures | undefined, path: string, errorCode: string): void {
  if (isEnvironmentError(errorCode)) failures?.set(path, errorCode);
}

/** Never throws: a hostile or vanishing path becomes a kind. */
export function readEntry(path: string, failures?: ReadFailures): Entry {
  try {
    // A thrown ENOENT costs ten times the call (measured), and absent files are normal in a repository.
    return describeEntry(lstatSync(encodePath(path), { throwIfNoEntry: false }));
  } catch (error) {
    return missingOrUnreadable(path, error, failures);
  }
}

/** What is at the end of a link, or at the path itself if it is none. */
export function readLinkEnd(path: string, failures?: ReadFailures): Entry {
  try {
    return describeEntry(statSync(encodePath(path), { throwIfNoEntry: false }));
  } catch (error) {
    return missingOrUnreadable(path, error, failures);
  }
}

function describeEntry(stats: Stats | undefined): Entry {
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

export interface ReadOptions {
  readonly maxBytes: number;
  /** What is there, if that is known. */
  readonly entry?: Omit<Entry, "stats">;
  readonly failures?: ReadFailures | undefined;
}

export type NoOpenFile = Extract<FileReading, { kind: "missing" | "not_a_file" | "unreadable" }>;

/**
 * Reads a whole file of a slot. Opens nothing before knowing that it is a regular file (a FIFO
 * named HEAD would hang the process), follows no link, and reads no more than `maxBytes`.
 */
export function readRegularFile(
  path: string,
  { entry = readEntry(path), maxBytes, failures }: ReadOptions,
): FileReading {
  if (entry.kind === "missing") return { kind: "missing" };
  if (entry.kind === "unreadable") return { kind: "unreadable", errorCode: entry.errorCode ?? "EIO" };
  if (entry.kind !== "file") return { kind: "not_a_file", found: entry.kind };
  const read = (descriptor: number, stats: Stats): FileReading =>
    stats.size > maxBytes
      ? { kind: "too_large", bytes: stats.size }
      : { kind: "content", content: readRange(descriptor, 0, stats.size), stats };
  return withOpenFile(path, read, failures);
}

/** Without following a link, and without waiting for a FIFO's writer. */
export const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Opens a regular file of a slot: see `openFlags`. */
export function withOpenFile<T>(
  path: string,
  use: (descriptor: number, stats: Stats) => T,
  failures?: ReadFailures,
): T | NoOpenFile {
  let descriptor;
  try {
    descriptor = openSync(encodePath(path), openFlags);
  } catch (error) {
    return missingOrUnreadable(path, error, failures);
  }
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() ? use(descriptor, stats) : { kind: "not_a_file", found: "special file" };
  } catch (error) {
    return unreadable(path, error, failures);
  } finally {
    closeSync(descriptor);
  }
}

function missingOrUnreadable(
  path: string,
  error: unknown,
  failures: ReadFailures | undefined,
): { readonly kind: "missing" } | { readonly kind: "unreadable"; readonly errorCode: string } {
  return systemErrorCode(error) === "ENOENT" ? { kind: "missing" } : unreadable(path, error, failures);
}

function unreadable(
  path: string,
  error: unknown,
  failures: ReadFailures | undefined,
): { readonly kind: "unreadable"; readonly errorCode: string } {
  const errorCode = systemErrorCode(error) ?? "EIO";
  noteFailure(failures, path, errorCode);
  return { kind: "unreadable", errorCode };
}

/** Reads a regular file of any size. @throws if it is none, or cannot be opened. */
export function streamRegularFile(path: string): ReadStream {
  const descriptor = openSync(encodePath(path), openFlags);
  if (fstatSync(descriptor).isFile()) return createReadStream("", { fd: descriptor });
  closeSync(descriptor);
  throw new Error(`${path} is no regular file`);
}

/**
 * Up to `length` bytes from `position`; fewer if the file ends or shrinks meanwhile. `into` is a buffer that the
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
