import { join } from "node:path";
import { isDirectory } from "../../git/git-directory.ts";
import { listAllNames } from "../../platform/directory.ts";
import { readEntry } from "../../platform/regular-file.ts";
import type { SalvageSource } from "../save/salvage-source.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** What a quarantined directory holds: the slot that was moved aside whole, or whatever else was. */
export function findQuarantinedSlot(folder: string): Omit<SalvageSource, "exclude" | "signal"> {
  const names = listAllNames(folder).filter((name) => isDirectory(uncachedReader, join(folder, name)));
  const slot =
    names.find((name) => isDirectory(uncachedReader, join(folder, name, ".git"))) ?? names.find(isSlotName);
  const path = slot === undefined ? folder : join(folder, slot);
  const gitDirectory = join(path, ".git");
  return {
    path,
    poolDirectory: folder,
    directories: isDirectory(uncachedReader, gitDirectory)
      ? { gitDirectory, commonDirectory: gitDirectory }
      : findBareRepository(folder, names),
    // A work tree that belongs to another repository has its record elsewhere, and a slot.json in it is the agent's.
    recordPath: join(readEntry(gitDirectory).kind === "file" ? folder : path, "slot.json"),
  };
}

const isSlotName = (name: string): boolean => /^slot\d+/.test(name);

function findBareRepository(folder: string, names: readonly string[]) {
  const bare = names.find((name) => isDirectory(uncachedReader, join(folder, name, "objects")));
  if (bare === undefined) return undefined;
  const commonDirectory = join(folder, bare);
  return { gitDirectory: commonDirectory, commonDirectory };
}
