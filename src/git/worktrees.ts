import { basename, dirname } from "node:path";
import { readHead } from "./refs/head.ts";
import { decodeBytes } from "../platform/byte-text.ts";
import { readBacklink, readGitFile } from "./git-directory.ts";
import { uncachedReader, type SlotReader } from "../platform/slot-reader.ts";
import { writtenAt } from "../platform/written-at.ts";

/** Where a repository keeps what it knows of its linked work trees. */
export function worktreesDirectory(commonDirectory: string): string {
  return `${commonDirectory}/worktrees`;
}

/** The git directory of a linked work tree, by its name. */
export function adminDirectory(commonDirectory: string, name: string): string {
  return `${worktreesDirectory(commonDirectory)}/${name}`;
}

/** True if the repository has a work tree beside the linked ones: its git directory is then in that one's `.git`. */
export function hasOwnWorkTree(commonDirectory: string): boolean {
  return basename(commonDirectory) === ".git";
}

/** The git directories of a repository's linked work trees; links are not followed. */
export function listAdminDirectories(reader: SlotReader, commonDirectory: string): string[] {
  const directory = worktreesDirectory(commonDirectory);
  return reader
    .listEntries(directory)
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${directory}/${entry.name}`);
}

/** Those that belong to none of these work trees, as of one that somebody made in another. */
export function listOtherAdminDirectories(
  reader: SlotReader,
  commonDirectory: string,
  workTrees: readonly string[],
): string[] {
  const names = new Set(workTrees.map((path) => basename(path)));
  return listAdminDirectories(reader, commonDirectory).filter((admin) => {
    if (names.has(basename(admin))) return false;
    const gitFile = readBacklink(reader, admin);
    return gitFile === undefined || !workTrees.includes(dirname(gitFile));
  });
}

/** A branch that a linked work tree has checked out: git lets no other have it. */
export interface CheckedOutBranch {
  readonly ref: string;
  readonly admin: string;
}

export function listCheckedOutBranches(reader: SlotReader, commonDirectory: string): CheckedOutBranch[] {
  return listAdminDirectories(reader, commonDirectory).flatMap((admin) => {
    const head = readHead(reader, admin);
    return head.kind === "branch" ? [{ ref: head.ref, admin }] : [];
  });
}

/** Files in which git notes the branch that an operation began on, while HEAD is on a commit. Source: git's branch.c */
const branchNotes = ["rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START"] as const;
const maxNoteBytes = 4096;

/** The branches of a work tree that git lets no other one check out: HEAD's, and what a rebase or a bisection began on. */
export function listOwnBranches(reader: SlotReader, gitDirectory: string): string[] {
  const head = readHead(reader, gitDirectory);
  const begun = branchNotes.flatMap((name) => {
    const reading = reader.readRegularFile(`${gitDirectory}/${name}`, { maxBytes: maxNoteBytes });
    if (reading.kind !== "content") return [];
    const branch = decodeBytes(reading.content).trim();
    // A bisection notes a branch by its short name.
    return [branch.startsWith("refs/heads/") ? branch : `refs/heads/${branch}`];
  });
  return [...(head.kind === "branch" ? [head.ref] : []), ...begun];
}

/** The work tree whose `.git` file an admin directory names. Undefined if it names none. */
export function readWorkTreeOf(admin: string): string | undefined {
  const gitFile = readBacklink(uncachedReader, admin);
  return gitFile === undefined || basename(gitFile) !== ".git" ? undefined : dirname(gitFile);
}

/**
 * The git directory that is certain to be that of a work tree, though one of the two links may be lost: the only one that
 * links back to it, else the one that its `.git` file names and that no other work tree has. Undefined if none is.
 */
export function findOwnAdmin(workTree: string, commonDirectory: string): string | undefined {
  const gitFile = `${workTree}/.git`;
  const place = uncachedReader.resolveLinks(gitFile);
  const admins = listAdminDirectories(uncachedReader, commonDirectory);
  const linked = admins.filter((admin) => {
    const target = readBacklink(uncachedReader, admin);
    return target !== undefined && place !== undefined && uncachedReader.resolveLinks(target) === place;
  });
  const target = readGitFile(uncachedReader, gitFile);
  const named = admins.find((admin) => target !== undefined && uncachedReader.isSamePlace(target, admin));
  if (named !== undefined && linked.includes(named)) return named;
  if (linked.length > 0) {
    const isNamedElsewhere = named !== undefined && !isLinkedBothWays(named);
    return linked.length > 1 || isNamedElsewhere ? undefined : linked[0];
  }
  return named !== undefined && isLeft(named) ? named : undefined;
}

/**
 * The path of a work tree's lost registration: its `.git` file names it, and nothing is there. Undefined if the file names
 * another place, or one that a symbolic link leads to.
 */
export function findLostAdmin(workTree: string, commonDirectory: string): string | undefined {
  const gitFile = `${workTree}/.git`;
  const parent = worktreesDirectory(commonDirectory);
  if (uncachedReader.readEntry(gitFile).kind !== "file") return undefined;
  const target = readGitFile(uncachedReader, gitFile);
  if (target === undefined || uncachedReader.resolveLinks(dirname(target)) !== parent) return undefined;
  const admin = adminDirectory(commonDirectory, basename(target));
  return uncachedReader.readEntry(admin).kind === "missing" ? admin : undefined;
}

function isLinkedBothWays(admin: string): boolean {
  const gitFile = readBacklink(uncachedReader, admin);
  const back = gitFile === undefined ? undefined : readGitFile(uncachedReader, gitFile);
  return back !== undefined && uncachedReader.isSamePlace(back, admin);
}

/** Its work tree was moved away: nothing is in the old place, which can be seen. */
function isLeft(admin: string): boolean {
  const gitFile = readBacklink(uncachedReader, admin);
  if (gitFile === undefined) return true;
  const workTree = dirname(gitFile);
  const kindOf = (path: string): string => uncachedReader.readEntry(path).kind;
  return kindOf(workTree) === "missing" && kindOf(dirname(workTree)) === "directory";
}

/** The lock of a work tree, and its time. */
export interface WorktreeLock {
  readonly path: string;
  /** Why, in the words of who locked it. */
  readonly text: string;
  readonly modifiedAt: Date;
}

const maxLockBytes = 4096;

/** By this file git locks a work tree against its removal. */
function worktreeLockPath(admin: string): string {
  return `${admin}/locked`;
}

/** True if no lock is there, which only an entry that comes or goes can change. */
export function isUnlocked(reader: SlotReader, admin: string): boolean {
  return reader.readListedEntry(worktreeLockPath(admin)).kind === "missing";
}

/** The lock of `git worktree lock`; undefined if there is none. */
export function readWorktreeLock(reader: SlotReader, admin: string): WorktreeLock | undefined {
  if (isUnlocked(reader, admin)) return undefined;
  const path = worktreeLockPath(admin);
  const reading = reader.readRegularFile(path, { maxBytes: maxLockBytes });
  if (reading.kind === "content")
    return { path, text: reading.content.toString("utf8").trim(), modifiedAt: writtenAt(reading.stats) };
  // Git takes anything here for a lock, whatever it holds.
  const { stats } = reader.readEntry(path);
  return stats === undefined ? undefined : { path, text: "", modifiedAt: writtenAt(stats) };
}

/** A git that is killed while it makes a work tree leaves the lock, and often a HEAD of the null id. */
const longestMakingMilliseconds = 3_600_000;

/** True of the lock that git itself puts on a work tree until its files are there. */
export function isOfMaking(lock: WorktreeLock | undefined): boolean {
  if (lock?.text.startsWith("initializing") !== true) return false;
  return Date.now() - lock.modifiedAt.getTime() < longestMakingMilliseconds;
}
