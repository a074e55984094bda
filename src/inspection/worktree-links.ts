import { dirname, join } from "node:path";
import { isDirectory, readGitFile, readLinkFile, type GitDirectories } from "../git/git-directory.ts";
import { mainRepositoryPath } from "../pool/layouts/layout.ts";
import type { Slot } from "../pool/pool.ts";
import { isInside, resolveLinks } from "../platform/contained-path.ts";
import { readEntry } from "../platform/regular-file.ts";
import type { Finding } from "./finding.ts";

export interface LocatedRepository {
  readonly directories: GitDirectories | undefined;
  readonly findings: readonly Finding[];
}

/** Finds the repository of a slot's work tree without following anything that leads out of the pool. */
export function locateRepository(slot: Slot, poolDirectory: string): LocatedRepository {
  return slot.layout === "clone" ? locateClone(slot) : locateWorktree(slot, poolDirectory);
}

function finding(code: string, path: string, expected: string, found: string): Finding {
  return { code, path, expected, found, depth: "probe" };
}

function locateClone(slot: Slot): LocatedRepository {
  const path = join(slot.path, ".git");
  const kind = readEntry(path).kind;
  if (kind === "directory")
    return { directories: { gitDirectory: path, commonDirectory: path }, findings: [] };
  const code = kind === "missing" ? "git_missing" : "git_invalid";
  return { directories: undefined, findings: [finding(code, path, "a directory", kind)] };
}

function locateWorktree(slot: Slot, poolDirectory: string): LocatedRepository {
  const main = mainRepositoryPath(poolDirectory);
  const gitFile = join(slot.path, ".git");
  const lost = (code: string, path: string, expected: string, found: string): LocatedRepository => ({
    directories: undefined,
    findings: [finding(code, path, expected, found)],
  });
  if (!isDirectory(main))
    return lost("main_repo_broken", main, "the shared repository", readEntry(main).kind);
  const kind = readEntry(gitFile).kind;
  if (kind === "missing")
    return lost("worktree_link_missing", gitFile, "a link to its repository", "nothing");
  const admin = kind === "file" ? readGitFile(gitFile) : undefined;
  if (admin === undefined) return lost("worktree_link_invalid", gitFile, "a link to its repository", kind);
  if (!isBelow(join(main, "worktrees"), admin)) {
    return lost(
      "worktree_link_invalid",
      gitFile,
      `a directory of ${join(main, "worktrees")}`,
      JSON.stringify(admin),
    );
  }
  if (!isDirectory(admin)) return lost("worktree_admin_missing", admin, "a directory", readEntry(admin).kind);
  const directories = { gitDirectory: admin, commonDirectory: main };
  return { directories, findings: [...checkCommonDirectory(admin, main), ...checkBacklink(admin, gitFile)] };
}

function checkCommonDirectory(admin: string, main: string): Finding[] {
  const target = readLinkFile(admin, "commondir");
  if (target !== undefined && resolveLinks(target) === resolveLinks(main)) return [];
  const found = target === undefined ? "nothing" : JSON.stringify(target);
  return [finding("worktree_commondir_invalid", join(admin, "commondir"), main, found)];
}

function checkBacklink(admin: string, gitFile: string): Finding[] {
  const target = readLinkFile(admin, "gitdir");
  if (target !== undefined && resolveLinks(target) === resolveLinks(gitFile)) return [];
  const found = target === undefined ? "nothing" : JSON.stringify(target);
  return [finding("worktree_backlink_invalid", join(admin, "gitdir"), gitFile, found)];
}

/** Both with links resolved: the pool itself may be reached through a link. */
function isBelow(directory: string, path: string): boolean {
  const base = resolveLinks(directory);
  const parent = resolveLinks(dirname(path));
  return base !== undefined && parent !== undefined && parent === base && isInside(base, join(parent, "x"));
}
