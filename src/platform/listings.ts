import type { Dirent } from "node:fs";
import type { EntryKind } from "./entry-kind.ts";

export type DirectoryReading =
  | { readonly kind: "entries"; readonly entries: readonly Dirent[]; readonly names: readonly string[] }
  | { readonly kind: "missing" }
  | { readonly kind: "not_a_directory"; readonly found: EntryKind }
  | { readonly kind: "too_large"; readonly bytes: number }
  | { readonly kind: "unreadable"; readonly errorCode: string };

interface Listing {
  readonly reading: DirectoryReading;
  byName?: ReadonlyMap<string, Dirent>;
}

let listings: Map<string, Listing> | undefined;

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

export function findListing(path: string): DirectoryReading | undefined {
  return listings?.get(path)?.reading;
}

export function rememberListing(path: string, reading: DirectoryReading): DirectoryReading {
  listings?.set(path, { reading });
  return reading;
}

/** To be listed anew when it is asked for again. */
export function forgetListing(path: string): void {
  listings?.delete(path);
}

/**
 * What the listing of its directory showed at a path within this look. Undefined where that was not listed, or showed
 * a link or something special: then the path itself has to be asked.
 */
export function findListedKind(path: string): "file" | "directory" | "missing" | undefined {
  if (listings === undefined) return undefined;
  const end = path.lastIndexOf("/");
  const listing = listings.get(path.slice(0, end));
  if (listing?.reading.kind !== "entries") return undefined;
  const { entries } = listing.reading;
  const entry = findEntry(listing, entries, path.slice(end + 1));
  if (entry === undefined) return entries.length <= fewEntries ? "missing" : undefined;
  if (entry.isFile()) return "file";
  return entry.isDirectory() ? "directory" : undefined;
}

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
