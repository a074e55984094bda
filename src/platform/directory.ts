import { readdirSync, type Dirent } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "./coded-error.ts";
import { readEntry, type EntryKind } from "./regular-file.ts";

export type DirectoryReading =
  | { readonly kind: "entries"; readonly entries: readonly Dirent[] }
  | { readonly kind: "missing" }
  | { readonly kind: "not_a_directory"; readonly found: EntryKind }
  | { readonly kind: "too_large"; readonly bytes: number }
  | { readonly kind: "unreadable"; readonly errorCode: string };

let listings: Map<string, DirectoryReading> | undefined;

/** Within `use`, no directory is listed twice: everything in one look sees the same names, at the cost of one reading. */
export function listingOnce<T>(use: () => T): T {
  const outer = listings;
  listings = new Map();
  try {
    return use();
  } finally {
    listings = outer;
  }
}

/** To be listed anew when it is asked for again. */
export function forgetListing(path: string): void {
  listings?.delete(path);
}

/** A directory of this size holds some hundred thousand names; to list one would stop everything else for seconds. */
const maxDirectoryBytes = 16 * 1024 * 1024;

/** Lists a directory of a slot. Follows no link and never throws: the directory may vanish at any moment. */
export function readDirectory(path: string): DirectoryReading {
  const known = listings?.get(path);
  if (known !== undefined) return known;
  const reading = listDirectory(path);
  listings?.set(path, reading);
  return reading;
}

function listDirectory(path: string): DirectoryReading {
  const entry = readEntry(path);
  if (entry.kind === "missing") return { kind: "missing" };
  if (entry.kind === "unreadable") return { kind: "unreadable", errorCode: entry.errorCode ?? "EIO" };
  if (entry.kind !== "directory") return { kind: "not_a_directory", found: entry.kind };
  const bytes = entry.stats?.size ?? 0;
  if (bytes > maxDirectoryBytes) return { kind: "too_large", bytes };
  try {
    return { kind: "entries", entries: readdirSync(path, { withFileTypes: true }) };
  } catch (error) {
    const code = systemErrorCode(error) ?? "EIO";
    return code === "ENOENT" ? { kind: "missing" } : { kind: "unreadable", errorCode: code };
  }
}

/** The names in a directory; none where it cannot be listed. */
export function listNames(path: string): string[] {
  const reading = readDirectory(path);
  return reading.kind === "entries" ? reading.entries.map((entry) => entry.name) : [];
}

/**
 * True where every folder between `base` and the last part of `relative` is a real directory, so that reading
 * `base/relative` cannot be led elsewhere by a link. Missing folders lead nowhere and count as plain.
 */
export function isPlainPath(base: string, relative: string): boolean {
  const folders = relative.split("/").slice(0, -1);
  return folders.every((_, index) => {
    const folder = join(base, ...folders.slice(0, index + 1));
    if (listings?.get(folder)?.kind === "entries") return true;
    const { kind } = readEntry(folder);
    return kind === "directory" || kind === "missing";
  });
}
