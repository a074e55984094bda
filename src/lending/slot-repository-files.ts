import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { indexPath } from "../git/index/staged-entries.ts";
import type { GitDirectories } from "../git/git-directory.ts";
import { packedRefsPath, readPackedRefsWithout } from "../git/refs/packed-refs.ts";
import { reflogPath } from "../git/refs/reflog.ts";
import { listLooseRefs, readLooseRef } from "../git/refs/refs.ts";
import { keepIndexTimes, type IndexTimes } from "../git/scratch/index-times.ts";
import { installObjects } from "../git/scratch/install-objects.ts";
import type { ScratchRepository } from "../git/scratch/scratch-repository.ts";
import { syncDirectory, writeWhole } from "../platform/atomic-file.ts";
import { CodedError, systemErrorCode } from "../platform/coded-error.ts";
import { requireInside } from "../platform/contained-path.ts";
import { readEntry } from "../platform/regular-file.ts";
import { uncachedReader } from "../platform/slot-reader.ts";

/**
 * Writes into a slot's repository what our own git made outside of it. Each file is written by git's own protocol
 * (`<name>.lock`, then rename), so that a git that runs meanwhile sees the old file or the new one, and nothing is
 * written through a link that leads out of the repository: it may lead to a neighbour.
 */
export class SlotRepositoryFiles {
  readonly #directories: GitDirectories;

  constructor(directories: GitDirectories) {
    this.#directories = directories;
  }

  /** @throws CodedError `PATH_UNSAFE` if the object store leads elsewhere. */
  installObjects(scratch: ScratchRepository): void {
    const objects = join(this.#directories.commonDirectory, "objects");
    installObjects(scratch, { objects, within: this.#directories.commonDirectory });
  }

  /** @throws CodedError `GIT_FILE_LOCKED` if a git command holds the ref or left its lock. */
  writeRef(name: string, objectId: string): void {
    const path = join(this.#directories.commonDirectory, ...name.split("/"));
    requireInside(this.#directories.commonDirectory, path);
    mkdirSync(dirname(path), { recursive: true });
    // Of a folder whose last ref was packed or deleted.
    removeEmptyTree(path);
    this.#replace(path, `${objectId}\n`);
  }

  /**
   * Removes a ref as git does, with its reflog, what of it is packed, symbolic refs that name it and the folders that
   * become empty. @throws CodedError `GIT_FILE_LOCKED` if a git command holds the ref or the list of packed ones.
   */
  removeRef(name: string): void {
    const { commonDirectory } = this.#directories;
    const path = join(commonDirectory, ...name.split("/"));
    requireInside(this.#directories.commonDirectory, path);
    mkdirSync(dirname(path), { recursive: true });
    const lock = `${path}.lock`;
    closeSync(openGitLock(lock));
    try {
      const packed = readPackedRefsWithout(commonDirectory, [name]);
      if (packed !== undefined) this.#replace(packedRefsPath(commonDirectory), packed);
      const reflog = reflogPath(commonDirectory, name);
      for (const file of [path, reflog, ...listSymbolicRefsTo(commonDirectory, name)]) this.#remove(file);
    } finally {
      rmSync(lock, { force: true });
    }
    removeEmptyFolder(dirname(path));
  }

  /** @throws CodedError `GIT_FILE_LOCKED` if a git command holds the index or left its lock. */
  writeIndex(scratch: ScratchRepository): void {
    const path = indexPath(this.#directories.gitDirectory);
    this.#replace(path, readFileSync(scratch.index), scratch.indexTimes);
  }

  #replace(path: string, content: string | Buffer, times?: IndexTimes): void {
    requireInside(this.#directories.commonDirectory, path);
    const lock = `${path}.lock`;
    const descriptor = openGitLock(lock);
    try {
      try {
        writeWhole(descriptor, content);
        if (times !== undefined) keepIndexTimes(times, lock);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(lock, path);
    } catch (error) {
      rmSync(lock, { force: true });
      throw error;
    }
    syncDirectory(dirname(path));
  }

  /** The folders above it that become empty go too. */
  #remove(file: string): void {
    requireInside(this.#directories.commonDirectory, file);
    if (readEntry(file).kind !== "directory") rmSync(file, { force: true });
    removeEmptyFolder(dirname(file));
  }
}

function listSymbolicRefsTo(commonDirectory: string, name: string): string[] {
  const names = listLooseRefs(uncachedReader, commonDirectory, "refs/remotes");
  return names
    .filter((other) => {
      const ref = readLooseRef(uncachedReader, commonDirectory, other);
      return ref.kind === "symbolic" && ref.target === name;
    })
    .map((other) => join(commonDirectory, other));
}

/** And those above it, up to that of all remotes. */
function removeEmptyFolder(path: string): void {
  if (basename(path) === "remotes" || !removeIfEmpty(path)) return;
  removeEmptyFolder(dirname(path));
}

/** Removes a directory that holds nothing but directories. */
function removeEmptyTree(path: string): void {
  for (const entry of uncachedReader.listEntries(path))
    if (entry.isDirectory()) removeEmptyTree(join(path, entry.name));
  removeIfEmpty(path);
}

function removeIfEmpty(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if (["ENOTEMPTY", "ENOENT", "ENOTDIR", "EEXIST"].includes(systemErrorCode(error) ?? "")) return false;
    throw error;
  }
}

function openGitLock(path: string): number {
  try {
    return openSync(path, "wx", 0o644);
  } catch (cause) {
    if (systemErrorCode(cause) !== "EEXIST") throw cause;
    throw new CodedError("GIT_FILE_LOCKED", `${path} exists: a git command runs, or one left it behind`, {
      cause,
    });
  }
}
