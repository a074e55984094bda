import { basename, join } from "node:path";
import { isDirectory, readLinkFile, type GitDirectories } from "../../git/git-directory.ts";
import { locateRepository } from "../../inspection/probe/worktree-links.ts";
import { resolveLinks } from "../../platform/contained-path.ts";
import { mainRepositoryPath } from "../../pool/layouts/layout.ts";
import type { Slot } from "../../pool/pool.ts";
import { listNames } from "./slot-tips.ts";

/** As `locateRepository`; where a worktree lost its link, by the link that leads back to it, else by its name. What is named need not be there. */
export function locateSlotRepository(slot: Slot, poolDirectory: string): GitDirectories | undefined {
  const { directories } = locateRepository(slot, poolDirectory);
  if (directories !== undefined || slot.layout === "clone") return directories;
  const commonDirectory = mainRepositoryPath(poolDirectory);
  const folder = join(commonDirectory, "worktrees");
  const admins = listNames(folder).filter((name) => isDirectory(join(folder, name)));
  const gitFile = resolveLinks(join(slot.path, ".git"));
  const leadsBack = (name: string): boolean => {
    const target = readLinkFile(join(folder, name), "gitdir");
    return target !== undefined && resolveLinks(target) === gitFile;
  };
  if (!isDirectory(commonDirectory)) return undefined;
  const admin = admins.find(leadsBack) ?? basename(slot.path);
  return { gitDirectory: join(folder, admin), commonDirectory };
}
