import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Signature } from "./signature.ts";

/** A directory with more entries is compared by its own times alone. */
const mostEntries = 10_000;

/**
 * Of an object store as a repair would change it: packs and the directories of loose objects, and how they are linked
 * to others. Files are compared by what `lstat` says; nothing is read.
 */
export function storeDigest(commonDirectory: string): string {
  const objects = join(commonDirectory, "objects");
  const folders = listNames(objects).map((name) => join(objects, name));
  const files = [join(objects, "pack"), join(objects, "info")].flatMap((folder) =>
    listNames(folder).map((name) => join(folder, name)),
  );
  return Signature.of([objects, ...folders, ...files]).digest();
}

function listNames(directory: string): string[] {
  try {
    return readdirSync(directory).sort().slice(0, mostEntries);
  } catch {
    // Gone or unreadable: that is a state of its own, which differs from the one before.
    return [];
  }
}
