import { basename, dirname } from "node:path";
import { readHead } from "./refs/head.ts";
import { readBacklink } from "./git-directory.ts";
import { uncachedReader, type SlotReader } from "../platform/slot-reader.ts";

/** Where a repository keeps what it knows of its linked work trees. */
export function worktreesDirectory(commonDirectory: string): string {
  return `${commonDirectory}/worktrees`;
}

/** The git directory of a linked work tree, by its name. */
export function adminDirectory(commonDirectory: string, name: string): string {
  return `${worktreesDirectory(commonDirectory)}/${name}`;
}

/** The git directories of a repository's linked work trees; links are not followed. */
export function listAdminDirectories(reader: SlotReader, commonDirectory: string): string[] {
  const directory = worktreesDirectory(commonDirectory);
  return reader
    .listEntries(directory)
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${directory}/${entry.name}`);
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

/** The work tree whose `.git` file an admin directory names. Undefined if it names none. */
export function readWorkTreeOf(admin: string): string | undefined {
  const gitFile = readBacklink(uncachedReader, admin);
  return gitFile === undefined || basename(gitFile) !== ".git" ? undefined : dirname(gitFile);
}

/** What keeps git from removing a work tree, and since when. */
export interface WorktreeLock {
  readonly path: string;
  /** Why, in the words of who locked it. */
  readonly text: string;
  readonly modifiedAt: Date;
}

const maxLockBytes = 4096;

/** The lock of `git worktree lock`; undefined if there is none. */
export function readWorktreeLock(reader: SlotReader, admin: string): WorktreeLock | undefined {
  const path = `${admin}/locked`;
  if (reader.readListedEntry(path).kind === "missing") return undefined;
  const reading = reader.readRegularFile(path, { maxBytes: maxLockBytes });
  if (reading.kind === "content")
    return { path, text: reading.content.toString("utf8").trim(), modifiedAt: reading.stats.mtime };
  // To git a lock is a lock, whatever it holds.
  const { stats } = reader.readEntry(path);
  return stats === undefined ? undefined : { path, text: "", modifiedAt: stats.mtime };
}
