import { dirname } from "node:path";
import {
  backlinkPath,
  commonLinkPath,
  readBacklink,
  readCommonLink,
  readGitFile,
  type GitDirectories,
} from "../../git/git-directory.ts";
import { worktreesDirectory } from "../../git/worktrees.ts";
import { mainRepositoryOf } from "../../pool/layouts/layout.ts";
import type { Pool, Slot } from "../../pool/pool.ts";
import { isInside } from "../../platform/contained-path.ts";
import type { Finding, FindingCode } from "../finding.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

export interface LocatedRepository {
  readonly directories: GitDirectories | undefined;
  readonly findings: readonly Finding[];
}

/** What is needed of a pool to know where the repositories of its slots may be. */
export type PoolPlace = Pick<Pool, "directory" | "slots" | "mainRepository">;

/** Finds the repository of a slot's work tree without following anything that leads out of the pool. */
export function locateRepository(reader: SlotReader, slot: Slot, pool: PoolPlace): LocatedRepository {
  return slot.layout === "clone"
    ? locateClone(reader, slot, pool.directory)
    : locateWorktree(reader, slot, pool);
}

function finding(code: FindingCode, path: string, expected: string, found: string): Finding {
  return { code, path, expected, found, depth: "probe" };
}

function lost(...parts: Parameters<typeof finding>): LocatedRepository {
  return { directories: undefined, findings: [finding(...parts)] };
}

function locateClone(reader: SlotReader, slot: Slot, poolDirectory: string): LocatedRepository {
  const path = `${slot.path}/.git`;
  const kind = reader.readDirectory(path).kind === "entries" ? "directory" : reader.readEntry(path).kind;
  if (kind === "missing") return lost("git_missing", path, "a directory", "nothing");
  if (kind !== "directory") {
    const target = kind === "file" ? readGitFile(reader, path) : reader.resolveLinks(path);
    return target !== undefined && isOfAnotherSlot(reader, target, slot, poolDirectory)
      ? lost("slot_shared", path, "a directory", "a link to another slot's repository")
      : lost("git_invalid", path, "a directory", `a ${kind}`);
  }
  const common = commonLinkPath(path);
  // With this file, git looks for objects, refs and configuration elsewhere.
  if (reader.readListedEntry(common).kind !== "missing")
    return lost("git_invalid", common, "nothing", "a link elsewhere");
  return { directories: { gitDirectory: path, commonDirectory: path }, findings: [] };
}

/** True for a path in the same pool, below the directory of a slot with another number. */
function isOfAnotherSlot(reader: SlotReader, target: string, slot: Slot, poolDirectory: string): boolean {
  const base = reader.resolveLinks(poolDirectory);
  const real = reader.resolveLinks(target);
  if (base === undefined || real === undefined || !isInside(base, real)) return false;
  return /^slot\d+$/.test(real.slice(base.length + 1).split("/")[0] ?? "") && !isInside(slot.path, real);
}

function locateWorktree(reader: SlotReader, slot: Slot, pool: PoolPlace): LocatedRepository {
  const main = mainRepositoryOf(pool);
  const gitFile = `${slot.path}/.git`;
  // The inspection of the main repository says so, once for all slots.
  if (!reader.isDirectory(main)) return { directories: undefined, findings: [] };
  const { kind } = reader.readEntry(gitFile);
  if (kind === "missing")
    return lost("worktree_link_missing", gitFile, "a link to its repository", "nothing");
  const admin = readGitFile(reader, gitFile);
  if (admin === undefined)
    return lost("worktree_link_invalid", gitFile, "a link to its repository", `a ${kind} without one`);
  const places = worktreesDirectory(main);
  if (!reader.isSamePlace(dirname(admin), places))
    return lost("worktree_link_invalid", gitFile, `a directory of ${places}`, JSON.stringify(admin));
  if (!reader.isDirectory(places) && !reader.isReallyInside(pool.directory, places))
    return lost("worktree_link_invalid", places, "a directory of the pool", "a way out of the pool");
  if (!reader.isDirectory(admin))
    return lost("worktree_admin_missing", admin, "a directory", reader.readEntry(admin).kind);
  const directories = { gitDirectory: admin, commonDirectory: main };
  return {
    directories,
    findings: [...checkCommonDirectory(reader, admin, main), ...checkBacklink(reader, admin, gitFile, pool)],
  };
}

function checkCommonDirectory(reader: SlotReader, admin: string, main: string): Finding[] {
  const target = readCommonLink(reader, admin);
  if (target !== undefined && reader.isSamePlace(target, main)) return [];
  const found = target === undefined ? "nothing" : JSON.stringify(target);
  return [finding("worktree_commondir_invalid", commonLinkPath(admin), main, found)];
}

/** A backlink to another work tree that links here as well: two slots would write one index and one HEAD. */
function checkBacklink(reader: SlotReader, admin: string, gitFile: string, pool: PoolPlace): Finding[] {
  const target = readBacklink(reader, admin);
  if (target !== undefined && reader.isSamePlace(target, gitFile)) return [];
  const isInPool = target !== undefined && isOfPool(reader, target, pool);
  const isShared = isInPool && readGitFile(reader, target) === admin;
  if (isShared)
    return [finding("slot_shared", gitFile, "a link of its own", `the link of ${dirname(target)}`)];
  const found = target === undefined ? "nothing" : JSON.stringify(target);
  return [finding("worktree_backlink_invalid", backlinkPath(admin), gitFile, found)];
}

/** Slots with roots of their own lie anywhere: then only what is theirs is looked at. */
function isOfPool(reader: SlotReader, gitFile: string, pool: PoolPlace): boolean {
  return (
    reader.isReallyInside(pool.directory, gitFile) || pool.slots.some(({ path }) => path === dirname(gitFile))
  );
}
