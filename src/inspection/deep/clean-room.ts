import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { configValue, parseGitConfig } from "../../git/config/git-config.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { findSpecialFile } from "../../git/special-files.ts";
import { asError, CodedError, systemErrorCode } from "../../platform/coded-error.ts";
import { readEntry, readRegularFile } from "../../platform/regular-file.ts";
import { createTemporaryDirectory } from "../../platform/temporary-directory.ts";

const copiedFiles = ["packed-refs", "shallow"];
const worktreeFiles = ["HEAD", "index"];

export interface CleanRoomOptions {
  /** Where the room is made: on the slot's own file system where something is to be moved out of it. */
  readonly parent?: string;
  /** Admin directories whose HEAD, index and logs the room has as well: see `roomOfWorktree`. */
  readonly worktrees?: readonly string[];
}

/** More than this is not copied into a room: a sparse file can claim any size. */
const maxCopiedBytes = 512 * 1024 * 1024;

/**
 * Lends a git directory of ours that borrows the slot's objects and holds copies of its refs and logs. Git that runs
 * with it never reads the slot's own configuration, which can name programs (even fsck runs them, measured).
 * @throws CodedError `CLEAN_ROOM_TOO_LARGE` where a file is too large to be copied, `CLEAN_ROOM_INCOMPLETE` where one
 * cannot be, `CLEAN_ROOM_UNSAFE` where git would open something of the slot that is no file.
 */
export async function withCleanRoom<T>(
  directories: GitDirectories,
  use: (room: string) => Promise<T>,
  options: CleanRoomOptions = {},
): Promise<T> {
  const room = createTemporaryDirectory("room", options.parent);
  try {
    prepareCleanRoom(room, directories);
    for (const admin of options.worktrees ?? []) addWorktree(room, admin);
    return await use(room);
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

function prepareCleanRoom(room: string, { gitDirectory, commonDirectory }: GitDirectories): void {
  requireReadableStore(join(commonDirectory, "objects"));
  mkdirSync(join(room, "objects", "info"), { recursive: true });
  mkdirSync(join(room, "refs"));
  writeFileSync(join(room, "objects", "info", "alternates"), `${join(commonDirectory, "objects")}\n`);
  writeFileSync(join(room, "config"), cleanConfig(commonDirectory));
  // Git packs a ref before it deletes the ref's own file: in this order none is missing from both.
  copyTree(join(commonDirectory, "refs"), join(room, "refs"));
  for (const name of copiedFiles) copyRegularFile(join(commonDirectory, name), join(room, name));
  for (const name of [...worktreeFiles, ...sharedIndexes(gitDirectory)])
    copyRegularFile(join(gitDirectory, name), join(room, name));
  copyTree(join(commonDirectory, "logs"), join(room, "logs"));
}

/** Git opens these files of the borrowed store by itself, and would wait for ever for the writer of a FIFO. */
function requireReadableStore(objects: string): void {
  const special = findSpecialFile(objects);
  if (special !== undefined)
    throw new CodedError("CLEAN_ROOM_UNSAFE", `${special} is no file: git is not let near it`);
  const alternates = join(objects, "info", "alternates");
  const { kind } = readEntry(alternates);
  if (kind !== "file" && kind !== "missing")
    throw new CodedError("CLEAN_ROOM_UNSAFE", `${alternates} is a ${kind}: git is not let near it`);
}

/** Where the room keeps what it copied of a worktree's admin directory. */
export function roomOfWorktree(room: string, admin: string): string {
  return join(room, "worktrees", basename(admin));
}

function addWorktree(room: string, admin: string): void {
  const copy = roomOfWorktree(room, admin);
  mkdirSync(copy, { recursive: true });
  writeFileSync(join(copy, "commondir"), "../..\n");
  // Git takes a worktree without a gitdir for one that is to be pruned, and passes over its HEAD.
  writeFileSync(join(copy, "gitdir"), `${join(copy, ".git")}\n`);
  for (const name of [...worktreeFiles, ...sharedIndexes(admin)])
    copyRegularFile(join(admin, name), join(copy, name));
  copyTree(join(admin, "logs"), join(copy, "logs"));
}

/** A split index keeps most of its entries in a second file. */
function sharedIndexes(gitDirectory: string): string[] {
  try {
    return readdirSync(gitDirectory).filter((name) => /^sharedindex\.[0-9a-f]+$/.test(name));
  } catch {
    // Then its other files cannot be read either, and whoever needs them says so.
    return [];
  }
}

/** The allow-list of settings without which a healthy repository fails: object format, and partial clone. */
function cleanConfig(commonDirectory: string): string {
  const reading = readRegularFile(join(commonDirectory, "config"), { maxBytes: 1024 * 1024 });
  const parsed = reading.kind === "content" ? parseGitConfig(reading.content) : undefined;
  const base = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n";
  if (parsed?.kind !== "valid") return base;
  const isSha256 = configValue(parsed.config, "extensions.objectformat") === "sha256";
  const isPartial = [...parsed.config.values.keys()].some(
    (key) => key.endsWith(".promisor") || key === "extensions.partialclone",
  );
  const format = isSha256 ? "[extensions]\n\tobjectFormat = sha256\n" : "";
  const partial =
    '[extensions]\n\tpartialClone = origin\n[remote "origin"]\n\turl = /dev/null\n\tpromisor = true\n';
  return base + format + (isPartial ? partial : "");
}

function copyRegularFile(from: string, to: string): void {
  const { kind, stats } = readEntry(from);
  if (kind !== "file") return;
  if ((stats?.size ?? 0) > maxCopiedBytes)
    throw new CodedError(
      "CLEAN_ROOM_TOO_LARGE",
      `${from}: ${stats?.size ?? 0} bytes are too many to be copied`,
    );
  unlessGone(from, () => {
    copyFileSync(from, to);
  });
}

function copyTree(from: string, to: string): void {
  if (readEntry(from).kind !== "directory") return;
  mkdirSync(to, { recursive: true });
  for (const entry of unlessGone(from, () => readdirSync(from, { withFileTypes: true })) ?? []) {
    if (entry.name.endsWith(".lock")) continue;
    const copy = entry.isDirectory() ? copyTree : copyRegularFile;
    copy(join(from, entry.name), join(to, entry.name));
  }
}

/** Git at work in the slot removes files at any moment: what is gone when it is to be read was not there. */
function unlessGone<T>(path: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes(systemErrorCode(cause) ?? "")) return undefined;
    const message = `${path} cannot be copied: ${asError(cause).message}`;
    throw new CodedError("CLEAN_ROOM_INCOMPLETE", message, { cause });
  }
}
