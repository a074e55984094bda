import { readdirSync, type Dirent } from "node:fs";
import { systemErrorCode } from "./coded-error.ts";
import { findListing, rememberListing, type DirectoryReading } from "./listings.ts";
import { noteReadFailure } from "./read-failures.ts";
import { isListedMissing, readEntry } from "./regular-file.ts";

/** A directory of this size holds some hundred thousand names; to list one would stop everything else for seconds. */
const maxDirectoryBytes = 16 * 1024 * 1024;

/** Lists a directory of a slot. Follows no link and never throws: the directory may vanish at any moment. */
export function readDirectory(path: string): DirectoryReading {
  return findListing(path) ?? rememberListing(path, listDirectory(path));
}

function listDirectory(path: string): DirectoryReading {
  if (isListedMissing(path)) return { kind: "missing" };
  const entry = readEntry(path);
  if (entry.kind === "missing") return { kind: "missing" };
  if (entry.kind === "unreadable") return { kind: "unreadable", errorCode: entry.errorCode ?? "EIO" };
  if (entry.kind !== "directory") return { kind: "not_a_directory", found: entry.kind };
  const bytes = entry.stats?.size ?? 0;
  if (bytes > maxDirectoryBytes) return { kind: "too_large", bytes };
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return { kind: "entries", entries, names: entries.map(({ name }) => name) };
  } catch (error) {
    const code = systemErrorCode(error) ?? "EIO";
    if (code === "ENOENT") return { kind: "missing" };
    noteReadFailure(path, code);
    return { kind: "unreadable", errorCode: code };
  }
}

/** What is in a directory; nothing where it cannot be listed. */
export function listEntries(path: string): readonly Dirent[] {
  const reading = readDirectory(path);
  return reading.kind === "entries" ? reading.entries : [];
}

/** The names in a directory; none where it cannot be listed. */
export function listNames(path: string): readonly string[] {
  const reading = readDirectory(path);
  return reading.kind === "entries" ? reading.names : [];
}

/**
 * Every name in a directory of its own, however large it is, and as it is now: for what must be complete. Empty where
 * it is a link or cannot be listed.
 */
export function listAllNames(path: string): string[] {
  if (readEntry(path).kind !== "directory") return [];
  try {
    return readdirSync(path);
  } catch (error) {
    // Gone or unreadable: what must know why asks the directory itself.
    noteReadFailure(path, systemErrorCode(error) ?? "EIO");
    return [];
  }
}

/**
 * True where every folder between `base` and the last part of `relative` is a real directory, so that reading
 * `base/relative` cannot be led elsewhere by a link. Missing folders lead nowhere and count as plain.
 */
export function isPlainPath(base: string, relative: string): boolean {
  let folder = base;
  for (const name of relative.split("/").slice(0, -1)) {
    folder = `${folder}/${name}`;
    if (findListing(folder)?.kind === "entries") continue;
    const { kind } = readEntry(folder);
    if (kind !== "directory" && kind !== "missing") return false;
  }
  return true;
}
