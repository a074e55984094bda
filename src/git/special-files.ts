import type { Dirent } from "node:fs";
import { join } from "node:path";
import { readAlternates } from "./objects/alternates.ts";
import { isFanOutFolder } from "./objects/loose-object.ts";
import { uncachedReader, type SlotReader } from "../platform/slot-reader.ts";

/** Folders of an object store in which git opens files beside loose objects, relative to the store. */
export const storeFolders = ["info", "info/commit-graphs", "pack", "pack/multi-pack-index.d"] as const;

/**
 * The first FIFO, socket or device among the files of an object store, or of one that it borrows from: git would wait
 * indefinitely for a writer. A folder too large to be listed counts as one. Undefined if there is none.
 */
export function findSpecialFile(objectsDirectory: string): string | undefined {
  const { directories, faults } = readAlternates(uncachedReader, objectsDirectory);
  const unsafe = faults.find(({ isFile }) => !isFile);
  if (unsafe !== undefined) return unsafe.path;
  for (const store of [objectsDirectory, ...directories]) {
    const fanOut = listFolder(uncachedReader, store).filter((entry) => isFanOutFolder(entry.name));
    for (const folder of [...storeFolders, ...fanOut.map(({ name }) => name)]) {
      const [special] = listSpecialFiles(uncachedReader, join(store, folder));
      if (special !== undefined) return special;
    }
  }
  return undefined;
}

/** The FIFOs, sockets and devices in a folder. In the place of a lock file nobody opens one: git fails, and does not wait. */
export function listSpecialFiles(reader: SlotReader, folder: string): string[] {
  return listFolder(reader, folder)
    .filter((entry) => isSpecial(reader, folder, entry))
    .map(({ name }) => join(folder, name));
}

/** True if a FIFO, socket or device is at the path, or at the end of the links there. */
export function isSpecialFile(path: string): boolean {
  const { kind } = uncachedReader.readEntry(path);
  return kind === "special file" || (kind === "link" && leadsToSpecialFile(uncachedReader, path));
}

/** True if git may be given the store: nothing in it leads elsewhere, and nothing can stop git indefinitely. */
export function isPlainObjectStore(objectsDirectory: string): boolean {
  if (!uncachedReader.isDirectory(objectsDirectory)) return false;
  const isPlain = (path: string): boolean =>
    ["directory", "file", "missing"].includes(uncachedReader.readEntry(path).kind);
  const areFoldersPlain = uncachedReader.listAllNames(objectsDirectory).every((name) => {
    const folder = join(objectsDirectory, name);
    return (
      isPlain(folder) && uncachedReader.listAllNames(folder).every((each) => isPlain(join(folder, each)))
    );
  });
  return areFoldersPlain && findSpecialFile(objectsDirectory) === undefined;
}

/** What git sees in a folder: it follows a link to one. */
function listFolder(
  reader: SlotReader,
  path: string,
): readonly Pick<Dirent, "name" | "isFile" | "isDirectory" | "isSymbolicLink">[] {
  const isLink = reader.readListedEntry(path).kind === "link";
  const reading = reader.readDirectory((isLink ? reader.resolveLinks(path) : undefined) ?? path);
  if (reading.kind === "entries") return reading.entries;
  return reading.kind === "too_large" ? [tooManyNames] : [];
}

/** The entry for a folder that was not searched. */
const tooManyNames = {
  name: "",
  isFile: () => false,
  isDirectory: () => false,
  isSymbolicLink: () => false,
};

function isSpecial(
  reader: SlotReader,
  folder: string,
  entry: ReturnType<typeof listFolder>[number],
): boolean {
  if (entry.isFile() || entry.isDirectory() || entry.name.endsWith(".lock")) return false;
  return !entry.isSymbolicLink() || leadsToSpecialFile(reader, join(folder, entry.name));
}

function leadsToSpecialFile(reader: SlotReader, link: string): boolean {
  // Git does not open a link that leads nowhere.
  return reader.readLinkEnd(link).kind === "special file";
}
