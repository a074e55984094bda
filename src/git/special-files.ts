import { statSync, type Dirent } from "node:fs";
import { join } from "node:path";
import { listEntries } from "../platform/directory.ts";
import { readAlternates } from "./objects/alternates.ts";

const fanOutFolder = /^[0-9a-f]{2}$/;
/** Folders of an object store in which git opens files, relative to the store. */
const folders = ["info", "info/commit-graphs", "pack", "pack/multi-pack-index.d"];

/**
 * The first FIFO, socket or device among the files of an object store, or of one that it borrows from: git would wait for
 * ever for what writes to it. Undefined where there is none.
 */
export function findSpecialFile(objectsDirectory: string): string | undefined {
  for (const store of [objectsDirectory, ...readAlternates(objectsDirectory).directories]) {
    const fanOut = listEntries(store).filter((entry) => fanOutFolder.test(entry.name));
    for (const folder of [...folders, ...fanOut.map(({ name }) => name)]) {
      const special = listEntries(join(store, folder)).find((entry) => isSpecial(join(store, folder), entry));
      if (special !== undefined) return join(store, folder, special.name);
    }
  }
  return undefined;
}

function isSpecial(folder: string, entry: Dirent): boolean {
  if (entry.isFile() || entry.isDirectory()) return false;
  if (!entry.isSymbolicLink()) return true;
  try {
    const end = statSync(join(folder, entry.name), { throwIfNoEntry: false });
    return end !== undefined && !end.isFile() && !end.isDirectory();
  } catch {
    // A link that leads nowhere is opened by nobody.
    return false;
  }
}
