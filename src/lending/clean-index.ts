import {
  copyFileSync,
  existsSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { indexPath } from "../git/index/staged-entries.ts";
import { TrackedFiles } from "../git/index/tracked-files.ts";
import { configPath } from "../git/config/git-config.ts";
import { endsInItsChecksum } from "../git/packs/pack-index.ts";
import type { ScratchRepository } from "../git/scratch/scratch-repository.ts";
import { makeStateDirectory } from "../platform/state-directory.ts";
import type { CleanUp } from "./clean-up.ts";

/** How far the clock may be set back while a slot is cleaned. */
const settledAfterSeconds = 2;

/**
 * The index that the last clean-up of a slot made: it tells git by size, inode, and the times of content (`mtime`) and inode
 * (`ctime`) which files nobody has touched since. No program sets the latter, so that an edit with its `mtime` restored is
 * seen. It is kept out of the slot's reach, and only a help: without it each file is read.
 */
export class CleanIndex {
  readonly #directory: string;

  constructor({ stateDir, slotId }: Pick<CleanUp, "stateDir" | "slotId">) {
    this.#directory = join(stateDir, "clean-indexes", slotId);
  }

  /**
   * Copies the index to a scratch repository with the same settings. @returns the commit whose files it lists, if these have
   * no attributes and no record of the pool's among them; false if no index can be used.
   */
  copyTo(scratch: ScratchRepository): { readonly commit: string | undefined } | false {
    try {
      if (!readFileSync(this.#config).equals(readFileSync(configPath(scratch.directory)))) return false;
      const index = readFileSync(this.#index);
      if (!endsInItsChecksum(index, scratch.format.idBytes)) return false;
      writeFileSync(scratch.index, index);
      return { commit: this.#readCommit() };
    } catch {
      return false;
    }
  }

  /**
   * @param startedAt before git looked at the first file. One that changed in that second, or later, may change again without
   * another size or time: nothing is kept of it. Git itself compares whole seconds.
   * @param commit what a later `copyTo` returns.
   */
  keep(
    scratch: ScratchRepository,
    { startedAt, commit }: { startedAt: Date; commit: string | undefined },
  ): void {
    try {
      if (this.#isKept(scratch, startedAt, commit)) return;
      makeStateDirectory(this.#directory);
      // Removed first, so that it is never used with other settings or another commit.
      rmSync(this.#index, { force: true });
      copyFileSync(configPath(scratch.directory), this.#config);
      rmSync(this.#commit, { force: true });
      if (commit !== undefined) writeFileSync(this.#commit, commit);
      const tracked = TrackedFiles.parse(readFileSync(scratch.index), scratch.format.idBytes, { mtimeMs: 0 });
      if (tracked === undefined) return;
      const since = Math.floor(startedAt.getTime() / 1000) - settledAfterSeconds;
      const temporary = `${this.#index}.tmp`;
      writeFileSync(temporary, tracked.withoutChangesSince(since));
      utimesSync(temporary, startedAt, startedAt);
      renameSync(temporary, this.#index);
    } catch {
      this.drop();
    }
  }

  /** True if the last one is the same, and tells nothing of a file that changed since then. */
  #isKept(scratch: ScratchRepository, startedAt: Date, commit: string | undefined): boolean {
    const since = lstatSync(this.#index, { throwIfNoEntry: false })?.mtime;
    if (since === undefined || since > startedAt || commit !== this.#readCommit()) return false;
    const isSame = (one: string, other: string): boolean => readFileSync(one).equals(readFileSync(other));
    return (
      isSame(this.#config, configPath(scratch.directory)) && isSame(this.#index, indexPath(scratch.directory))
    );
  }

  #readCommit(): string | undefined {
    return existsSync(this.#commit) ? readFileSync(this.#commit, "latin1") : undefined;
  }

  drop(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #index(): string {
    return indexPath(this.#directory);
  }

  get #commit(): string {
    return join(this.#directory, "commit");
  }

  get #config(): string {
    return configPath(this.#directory);
  }
}
