import { readdirSync, type Dirent } from "node:fs";
import { TimeSlice } from "./time-slice.ts";

export interface FolderSearch {
  /** Asked for each directory, by its path and its name in latin1: whether to look into it. */
  readonly isEntered: (path: Buffer, name: string) => boolean;
  /** Told of each FIFO, socket and device. */
  readonly onSpecial: (path: Buffer, name: string) => void;
}

/** Looks through the directories below one, a slice at a time, by what they say of their entries; no link is followed. */
export async function searchFolders(directory: string, search: FolderSearch): Promise<void> {
  const slice = new TimeSlice();
  const pending: Buffer[] = [Buffer.from(directory)];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    if (slice.isOver()) await slice.yieldToEventLoop();
    for (const entry of listEntries(folder)) {
      if (entry.isFile() || entry.isSymbolicLink()) continue;
      const path = Buffer.concat([folder, slash, entry.name]);
      const name = entry.name.toString("latin1");
      if (!entry.isDirectory()) search.onSpecial(path, name);
      else if (search.isEntered(path, name)) pending.push(path);
    }
  }
}

const slash = Buffer.from("/");

function listEntries(folder: Buffer): readonly Dirent<Buffer>[] {
  try {
    return readdirSync(folder, { withFileTypes: true, encoding: "buffer" });
  } catch {
    // Removed meanwhile, or not ours to read: nobody else of our user lists anything there either.
    return [];
  }
}
