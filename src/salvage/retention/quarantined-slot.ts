import { join } from "node:path";
import { listAllNames } from "../../platform/directory.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { keptRegistration, keptTree, readReclaimed, type ReclaimedSlot } from "../reclaimed-slot.ts";
import type { SalvageSource } from "../save/salvage-source.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** What a quarantined directory holds: the slot that was moved aside whole, or whatever else was. */
export function findQuarantinedSlot(folder: string): Omit<SalvageSource, "exclude" | "signal" | "room"> {
  const reclaimed = readReclaimed(folder);
  if (reclaimed !== undefined) return findReclaimedSlot(reclaimed);
  const names = listAllNames(folder).filter((name) => uncachedReader.isDirectory(join(folder, name)));
  const slot =
    names.find((name) => uncachedReader.isDirectory(join(folder, name, ".git"))) ?? names.find(isSlotName);
  const path = slot === undefined ? folder : join(folder, slot);
  const gitDirectory = join(path, ".git");
  return {
    path,
    poolDirectory: folder,
    directories: uncachedReader.isDirectory(gitDirectory)
      ? { gitDirectory, commonDirectory: gitDirectory }
      : findBareRepository(folder, names),
    // A work tree that belongs to another repository has its record elsewhere, and a slot.json in it is the agent's.
    recordPath: join(readEntry(gitDirectory).kind === "file" ? folder : path, "slot.json"),
  };
}

/** A linked work tree and its registration lie apart from the repository whose objects they name. */
function findReclaimedSlot(reclaimed: ReclaimedSlot): Omit<SalvageSource, "exclude" | "signal" | "room"> {
  const { keptAt, commonDirectory } = reclaimed;
  const path = keptTree(reclaimed);
  const own = join(path, ".git");
  const directories =
    commonDirectory === undefined
      ? { gitDirectory: own, commonDirectory: own }
      : { gitDirectory: keptRegistration(reclaimed), commonDirectory };
  const hasRepository = uncachedReader.isDirectory(directories.gitDirectory);
  return {
    ...{ path, poolDirectory: commonDirectory ?? keptAt, recordPath: path },
    directories: hasRepository ? directories : undefined,
  };
}

const isSlotName = (name: string): boolean => /^slot\d+/.test(name);

function findBareRepository(folder: string, names: readonly string[]) {
  const bare = names.find((name) => uncachedReader.isDirectory(join(folder, name, "objects")));
  if (bare === undefined) return undefined;
  const commonDirectory = join(folder, bare);
  return { gitDirectory: commonDirectory, commonDirectory };
}
