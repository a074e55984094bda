import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { indexPath } from "../git/index/staged-entries.ts";
import type { GitDirectories } from "../git/git-directory.ts";
import { keepIndexTimes, type IndexTimes } from "../git/scratch/index-times.ts";
import { installObjects } from "../git/scratch/install-objects.ts";
import type { ScratchRepository } from "../git/scratch/scratch-repository.ts";
import { syncDirectory, writeWhole } from "../platform/atomic-file.ts";
import { CodedError, systemErrorCode } from "../platform/coded-error.ts";
import { isReallyInside } from "../platform/contained-path.ts";

/**
 * Writes into a slot's repository what our own git made outside of it. Each file is written by git's own protocol
 * (`<name>.lock`, then rename), so that a git that runs meanwhile sees the old file or the new one, and nothing is
 * written through a link that leads out of the pool.
 */
export class SlotRepositoryFiles {
  readonly #directories: GitDirectories;
  readonly #poolDirectory: string;

  constructor(directories: GitDirectories, poolDirectory: string) {
    this.#directories = directories;
    this.#poolDirectory = poolDirectory;
  }

  /** @throws CodedError `PATH_UNSAFE` if the object store leads out of the pool. */
  installObjects(scratch: ScratchRepository): void {
    const objects = join(this.#directories.commonDirectory, "objects");
    installObjects(scratch, { objects, poolDirectory: this.#poolDirectory });
  }

  /** @throws CodedError `GIT_FILE_LOCKED` where a git command holds the ref or left its lock. */
  writeRef(name: string, objectId: string): void {
    const path = join(this.#directories.commonDirectory, ...name.split("/"));
    this.#assertInside(dirname(path));
    mkdirSync(dirname(path), { recursive: true });
    this.#replace(path, `${objectId}\n`);
  }

  /** @throws CodedError `GIT_FILE_LOCKED` where a git command holds the index or left its lock. */
  writeIndex(scratch: ScratchRepository): void {
    const path = indexPath(this.#directories.gitDirectory);
    this.#replace(path, readFileSync(scratch.index), scratch.indexTimes);
  }

  #replace(path: string, content: string | Buffer, times?: IndexTimes): void {
    this.#assertInside(dirname(path));
    const lock = `${path}.lock`;
    const descriptor = openGitLock(lock);
    try {
      writeWhole(descriptor, content);
      if (times !== undefined) keepIndexTimes(times, lock);
      fsyncSync(descriptor);
      closeSync(descriptor);
      renameSync(lock, path);
    } catch (error) {
      rmSync(lock, { force: true });
      throw error;
    }
    syncDirectory(dirname(path));
  }

  #assertInside(directory: string): void {
    if (isReallyInside(this.#poolDirectory, directory)) return;
    throw new CodedError("PATH_UNSAFE", `${directory} leads out of the pool: nothing was written there`);
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
