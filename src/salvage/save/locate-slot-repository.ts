import { basename } from "node:path";
import { isDirectory, type GitDirectories } from "../../git/git-directory.ts";
import { adminDirectory, listAdminDirectories, readWorkTreeOf } from "../../git/worktrees.ts";
import { locateRepository } from "../../inspection/probe/worktree-links.ts";
import { resolveLinks } from "../../platform/contained-path.ts";
import { mainRepositoryOf } from "../../pool/layouts/layout.ts";
import type { Pool, Slot } from "../../pool/pool.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** As `locateRepository`; if a worktree lost its link, by the link that leads back to it, else by its name. What is named need not be there. */
export function locateSlotRepository(slot: Slot, pool: Pool): GitDirectories | undefined {
  const { directories } = locateRepository(uncachedReader, slot, pool);
  if (directories !== undefined || slot.layout === "clone") return directories;
  const commonDirectory = mainRepositoryOf(pool);
  if (!isDirectory(uncachedReader, commonDirectory)) return undefined;
  const workTree = resolveLinks(slot.path);
  const leadsBack = (admin: string): boolean => {
    const target = readWorkTreeOf(admin);
    return target !== undefined && resolveLinks(target) === workTree;
  };
  const admin = listAdminDirectories(uncachedReader, commonDirectory).find(leadsBack);
  return {
    gitDirectory: admin ?? adminDirectory(commonDirectory, basename(slot.path)),
    commonDirectory,
  };
}
