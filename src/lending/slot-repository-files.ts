import {
  chmodSync,
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { GitDirectories } from "../git/git-directory.ts";
import { syncDirectory, writeWhole } from "../platform/atomic-file.ts";
import { CodedError, systemErrorCode } from "../platform/coded-error.ts";
import { isReallyInside } from "../platform/contained-path.ts";
import { listNames } from "../platform/directory.ts";
import { readEntry } from "../platform/regular-file.ts";

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

  /** Moves the packs of our git directory over. The index comes last: git looks for packs by their index. */
  installPacks(roomPacks: string): void {
    const packs = join(this.#directories.commonDirectory, "objects", "pack");
    this.#assertInside(packs);
    // Git makes the directory with the first pack: where nothing new came there is none.
    const names = listNames(roomPacks).filter((name) => /^pack-[0-9a-f]+\.(?:pack|rev|idx)$/.test(name));
    const order = [".pack", ".rev", ".idx"];
    const rank = (name: string): number => order.findIndex((extension) => name.endsWith(extension));
    for (const name of names.toSorted((a, b) => rank(a) - rank(b))) {
      const target = join(packs, name);
      if (readEntry(target).kind === "missing") moveAcrossFileSystems(join(roomPacks, name), target);
    }
    if (names.length > 0) syncDirectory(packs);
  }

  /** @throws CodedError `GIT_FILE_LOCKED` where a git command holds the ref or left its lock. */
  writeRef(name: string, objectId: string): void {
    const path = join(this.#directories.commonDirectory, ...name.split("/"));
    this.#assertInside(dirname(path));
    mkdirSync(dirname(path), { recursive: true });
    this.#replace(path, `${objectId}\n`);
  }

  /** @throws CodedError `GIT_FILE_LOCKED` where a git command holds the index or left its lock. */
  writeIndex(content: Buffer): void {
    this.#replace(join(this.#directories.gitDirectory, "index"), content);
  }

  #replace(path: string, content: string | Buffer): void {
    this.#assertInside(dirname(path));
    const lock = `${path}.lock`;
    const descriptor = openGitLock(lock);
    try {
      writeWhole(descriptor, content);
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

function moveAcrossFileSystems(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (systemErrorCode(error) !== "EXDEV") throw error;
    const incoming = join(dirname(to), `tmp_${basename(to)}`);
    copyFileSync(from, incoming);
    chmodSync(incoming, 0o444);
    renameSync(incoming, to);
  }
}
