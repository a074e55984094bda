import { basename } from "node:path";
import { type GitDirectories } from "../../git/git-directory.ts";
import { adminDirectory, listAdminDirectories, readWorkTreeOf } from "../../git/worktrees.ts";
import { locateRepository } from "../../inspection/probe/worktree-links.ts";
import { mainRepositoryOf } from "../../pool/layouts/layout.ts";
import type { Pool, Slot } from "../../pool/pool.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** As `locateRepository`; if a worktree lost its link, by the link that leads back to it, else by its name. What is named need not be there. */
export function locateSlotRepository(slot: Slot, pool: Pool): GitDirectories | undefined {
  const { directories } = locateRepository(uncachedReader, slot, pool);
  if (directories !== undefined || slot.layout === "clone") return directories;
  const commonDirectory = mainRepositoryOf(pool);
  if (!uncachedReader.isDirectory(commonDirectory)) return undefined;
  const leadsBack = (admin: string): boolean => {
    const target = readWorkTreeOf(admin);
    return target !== undefined && uncachedReader.isSamePlace(target, slot.path);
  };
  const admin = listAdminDirectories(uncachedReader, commonDirectory).find(leadsBack);
  return {
    gitDirectory: admin ?? adminDirectory(commonDirectory, basename(slot.path)),
    commonDirectory,
  };
}
