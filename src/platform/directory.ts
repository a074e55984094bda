import { readdirSync, type Dirent } from "node:fs";
import { decodeBytes, encodeBytes } from "./byte-text.ts";
import { systemErrorCode } from "./coded-error.ts";
import type { EntryKind } from "./entry-kind.ts";
import { noteFailure, readEntry, type ReadFailures } from "./regular-file.ts";

export type DirectoryReading =
  | { readonly kind: "entries"; readonly entries: readonly Dirent[] }
  | { readonly kind: "missing" }
  | { readonly kind: "not_a_directory"; readonly found: EntryKind }
  | { readonly kind: "too_large"; readonly bytes: number }
  | { readonly kind: "unreadable"; readonly errorCode: string };

/** A directory of this size holds some hundred thousand names: listing it would block the process for seconds. */
const maxDirectoryBytes = 16 * 1024 * 1024;

/** Lists a directory of a slot. Follows no link and never throws: the directory may vanish at any moment. */
export function readDirectory(
  path: string,
  failures?: ReadFailures,
  maxBytes = maxDirectoryBytes,
): DirectoryReading {
  const entry = readEntry(path, failures);
  if (entry.kind === "missing") return { kind: "missing" };
  if (entry.kind === "unreadable") return { kind: "unreadable", errorCode: entry.errorCode ?? "EIO" };
  if (entry.kind !== "directory") return { kind: "not_a_directory", found: entry.kind };
  const bytes = entry.stats?.size ?? 0;
  if (bytes > maxBytes) return { kind: "too_large", bytes };
  try {
    return { kind: "entries", entries: listEntries(path) };
  } catch (error) {
    const code = systemErrorCode(error) ?? "EIO";
    if (code === "ENOENT") return { kind: "missing" };
    noteFailure(failures, path, code);
    return { kind: "unreadable", errorCode: code };
  }
}

/**
 * Every name in a directory as it is now, however large it is: for a list that must be complete. Empty if the path is a
 * link or cannot be listed.
 */
export function listAllNames(path: string, failures?: ReadFailures): string[] {
  const reading = readDirectory(path, failures, Infinity);
  return reading.kind === "entries" ? reading.entries.map(({ name }) => name) : [];
}

/**
 * The entries of a directory, with names as `decodeBytes` makes them. Node replaces bytes that are no UTF-8, and looks such
 * an entry up by the wrong name if the file system does not say its type. Only then is the directory listed again as bytes,
 * which costs twice as much. @throws the system's error
 */
export function listEntries(path: string): Dirent[] {
  const entries = listAsText(path);
  if (entries?.some(({ name }) => name.includes("\uFFFD")) === false) return entries;
  return readdirSync(encodeBytes(path), { withFileTypes: true, encoding: "buffer" }).map((entry) =>
    Object.assign(entry, { name: decodeBytes(entry.name) }),
  );
}

/** Undefined if bytes are needed to list it, or if it cannot be listed. */
function listAsText(path: string): Dirent[] | undefined {
  try {
    return path.isWellFormed() ? readdirSync(path, { withFileTypes: true }) : undefined;
  } catch {
    return undefined;
  }
}
