import { readdirSync, type Dirent } from "node:fs";
import { TimeSlice } from "./time-slice.ts";

export interface SearchedNames {
  readonly names: readonly string[];
  /** A directory by that name is not entered. */
  readonly exceptBelow: string;
}

/** FIFOs, sockets and devices by these names below a directory, a slice at a time; no link is followed. */
export async function findSpecialFiles(directory: string, searched: SearchedNames): Promise<Buffer[]> {
  const slice = new TimeSlice();
  const special: Buffer[] = [];
  const pending: Buffer[] = [Buffer.from(directory)];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    await slice.yieldToEventLoop();
    const found = listEntries(folder);
    pending.push(
      ...pathsOf(folder, found, (entry, name) => entry.isDirectory() && name !== searched.exceptBelow),
    );
    special.push(
      ...pathsOf(folder, found, (entry, name) => isSpecial(entry) && searched.names.includes(name)),
    );
  }
  return special;
}

function isSpecial(entry: Dirent<Buffer>): boolean {
  return !entry.isFile() && !entry.isDirectory() && !entry.isSymbolicLink();
}

function pathsOf(
  folder: Buffer,
  entries: readonly Dirent<Buffer>[],
  isWanted: (entry: Dirent<Buffer>, name: string) => boolean,
): Buffer[] {
  return entries
    .filter((entry) => isWanted(entry, entry.name.toString("latin1")))
    .map(({ name }) => Buffer.concat([folder, Buffer.from("/"), name]));
}

function listEntries(folder: Buffer): readonly Dirent<Buffer>[] {
  try {
    return readdirSync(folder, { withFileTypes: true, encoding: "buffer" });
  } catch {
    // Removed meanwhile, or not ours to read: nobody else of our user lists anything there either.
    return [];
  }
}
