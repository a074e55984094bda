import type { Dirent } from "node:fs";
import { listEntries } from "./directory.ts";
import { TimeSlice } from "./time-slice.ts";

export interface FolderSearch {
  /** Asked for each directory, by its path and its name: whether to look into it. */
  readonly isEntered: (path: string, name: string) => boolean;
  /** Called for each FIFO, socket and device. */
  readonly onSpecial: (path: string, name: string) => void;
  /** Called for each file and link, without its path: these are by far the most entries. */
  readonly onFile?: (folder: string, name: string) => void;
}

/** Looks through the directories below one, a slice at a time, by what they say of their entries; no link is followed. */
export async function searchFolders(directory: string, search: FolderSearch): Promise<void> {
  const slice = new TimeSlice();
  const pending = [directory];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    if (slice.isOver()) await slice.yieldToEventLoop();
    for (const entry of listReadable(folder)) {
      if (entry.isFile() || entry.isSymbolicLink()) {
        search.onFile?.(folder, entry.name);
        continue;
      }
      const path = `${folder}/${entry.name}`;
      if (!entry.isDirectory()) search.onSpecial(path, entry.name);
      else if (search.isEntered(path, entry.name)) pending.push(path);
    }
  }
}

function listReadable(folder: string): readonly Dirent[] {
  try {
    return listEntries(folder);
  } catch {
    // Removed meanwhile, or unreadable for this user.
    return [];
  }
}
