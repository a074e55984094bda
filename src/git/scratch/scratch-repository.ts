import { lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeText } from "../../platform/write-text.ts";
import { writeFileAtomic } from "../../platform/atomic-file.ts";
import { CodedError } from "../../platform/coded-error.ts";
import { requireInside } from "../../platform/contained-path.ts";
import { createTemporaryDirectory } from "../../platform/temporary-directory.ts";
import type { GitDirectories } from "../git-directory.ts";
import { isSharedIndexName } from "../index/staged-entries.ts";
import { alternatesPath, formatAlternates } from "../objects/alternates.ts";
import type { BatchSource } from "../objects/object-batch.ts";
import { indexPath } from "../index/staged-entries.ts";
import { describeGitFailure, type GitCommand, type GitResult } from "../run/git-command.ts";
import { runGit } from "../run/run-git.ts";
import { findSpecialFile } from "../special-files.ts";
import { copySlotFile } from "./copy-slot-file.ts";
import { addWorktreeState, copyIndexes, copyState, readFormatOf, worktreeCopy } from "./copy-state.ts";
import { keepIndexTimes, type IndexTimes } from "./index-times.ts";
import { formatScratchConfig, type ScratchFormat } from "./scratch-config.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

export interface RunDefaults {
  /** What one git command may take. */
  readonly timeoutSeconds?: number;
  /** Ends the running command, and every later one at once. */
  readonly signal?: AbortSignal | undefined;
  /** Git then runs in this directory, as if the scratch repository were its repository. */
  readonly workTree?: string;
}

export type RunOptions = Partial<Omit<GitCommand, "args">>;

/** Long enough for a large pack. */
const defaultTimeoutSeconds = 1800;

/**
 * A repository of this program that borrows the objects of others, with our configuration. Git that runs with it never
 * reads a slot's configuration, which can name programs (even fsck runs them, measured), and what git writes stays here
 * until it is verified and moved.
 */
export class ScratchRepository {
  readonly directory: string;
  readonly format: ScratchFormat;
  readonly #defaults: RunDefaults;
  /** Of the index that was copied: git writes ours with the time of now, and cannot look at the files meanwhile. */
  #originalTimes: IndexTimes | undefined;

  /** Makes a bare repository without refs and objects. Without git and its templates: it is a few files. */
  constructor(directory: string, format: ScratchFormat, defaults: RunDefaults = {}) {
    this.directory = directory;
    this.format = format;
    this.#defaults = defaults;
    mkdirSync(join(directory, "objects", "info"), { recursive: true, mode: 0o700 });
    mkdirSync(join(directory, "objects", "pack"));
    mkdirSync(join(directory, "refs"));
    writeFileSync(join(directory, "HEAD"), "ref: refs/heads/none\n");
    writeFileSync(join(directory, "config"), formatScratchConfig(format));
  }

  get objects(): string {
    return join(this.directory, "objects");
  }

  get packs(): string {
    return join(this.objects, "pack");
  }

  get index(): string {
    return join(this.directory, "index");
  }

  /** For the readers of many objects. */
  get source(): BatchSource {
    const { timeoutSeconds = defaultTimeoutSeconds, signal } = this.#defaults;
    return { gitDirectory: this.directory, timeoutSeconds, signal };
  }

  /**
   * Borrows the objects of these stores; nothing of theirs is changed.
   * @throws CodedError `SCRATCH_UNSAFE` if git would open something there that is no file, and wait for it.
   */
  borrow(...stores: readonly string[]): void {
    for (const store of stores) {
      const special = findSpecialFile(store);
      if (special !== undefined)
        throw new CodedError("SCRATCH_UNSAFE", `${special} is no regular file: git would wait for it`);
    }
    writeText(alternatesPath(this.objects), formatAlternates(stores));
  }

  /** Copies an index of the slot. @returns false if there is none. */
  copyIndex(path: string): boolean {
    if (!copyIndexes(path, this.directory, this.format.idBytes)) return false;
    this.#originalTimes = lstatSync(this.index, { bigint: true });
    return true;
  }

  detachHead(commit: string): void {
    writeFileSync(join(this.directory, "HEAD"), `${commit}\n`);
  }

  /** The next one is made from nothing, so that git believes no file to be unchanged that it has not read. */
  dropIndex(): void {
    rmSync(this.index, { force: true });
    this.#originalTimes = undefined;
  }

  /** The times that any copy of the index must have: see `keepIndexTimes`. */
  get indexTimes(): IndexTimes {
    return this.#originalTimes ?? lstatSync(this.index, { bigint: true });
  }

  /**
   * Puts the index in its place in a git directory inside of `within`; before it, what a split index shares with others, if
   * it is not there. @throws CodedError `PATH_UNSAFE` if the path leads elsewhere.
   */
  installIndex(path: string, within: string): void {
    requireInside(within, path);
    for (const name of uncachedReader.listNames(this.directory).filter(isSharedIndexName)) {
      const shared = join(dirname(path), name);
      if (uncachedReader.readEntry(shared).kind === "missing")
        writeFileAtomic(shared, readFileSync(join(this.directory, name)));
    }
    const prepare = (temporary: string): void => {
      keepIndexTimes(this.indexTimes, temporary);
    };
    writeFileAtomic(path, readFileSync(this.index), { prepare });
  }

  /** Copies rules that are data alone: attributes, ignored names, and which files a sparse checkout holds. */
  copyInfo(gitDirectory: string, name: "attributes" | "exclude" | "sparse-checkout"): void {
    mkdirSync(join(this.directory, "info"), { recursive: true });
    copySlotFile(join(gitDirectory, "info", name), join(this.directory, "info", name));
  }

  /** True if there are rules of that kind: see `copyInfo`. */
  hasInfo(name: "attributes" | "exclude"): boolean {
    return uncachedReader.readEntry(join(this.directory, "info", name)).kind === "file";
  }

  /** The git directory that stands for a worktree whose admin directory was copied: see `ScratchOptions.worktrees`. */
  worktree(admin: string): string {
    return worktreeCopy(this.directory, admin);
  }

  /** The git directory that stands for one of the repository that was copied. */
  gitDirectoryOf({ gitDirectory, commonDirectory }: GitDirectories): string {
    return gitDirectory === commonDirectory ? this.directory : this.worktree(gitDirectory);
  }

  /** Makes one more repository of the same format and limits, without what this one borrows. */
  createOther(directory: string): ScratchRepository {
    return new ScratchRepository(directory, this.format, this.#defaults);
  }

  /** @throws the signal's reason once it has fired. */
  throwIfAborted(): void {
    this.#defaults.signal?.throwIfAborted();
  }

  /** Runs git with this repository, never longer than a time limit. */
  run(args: readonly string[], options: RunOptions = {}): Promise<GitResult> {
    const { workTree = this.#defaults.workTree, settings = [], ...rest } = options;
    const inWorkTree =
      workTree === undefined
        ? { settings }
        : { workTree, cwd: workTree, settings: ["core.bare=false", ...settings] };
    return runGit({ ...this.source, ...inWorkTree, ...rest, args });
  }

  /** @throws if git fails. */
  async mustRun(
    args: readonly string[],
    options?: RunOptions,
  ): Promise<Extract<GitResult, { kind: "done" }>> {
    const result = await this.run(args, options);
    if (result.kind === "done") return result;
    throw new Error(`git ${args[0] ?? ""}: ${describeGitFailure(result)}`);
  }
}

export interface ScratchPlace {
  /** A path that does not exist. Without it, a new directory whose name tells the process that made it. */
  readonly directory?: string;
  /** Where the new directory is made: on the slot's file system if something is to be moved out of it. */
  readonly parent?: string;
}

export interface ScratchOptions extends RunDefaults, ScratchPlace {
  /** Admin directories of worktrees whose HEAD, index and logs are copied as well. */
  readonly worktrees?: readonly string[];
  /** Leaves the index out, which may be damaged or too large to be copied: git makes a new one. */
  readonly withoutIndex?: boolean;
}

/** Makes a scratch repository of that format for as long as `use` takes. */
export async function withScratchRepository<T>(
  options: RunDefaults & ScratchPlace & { readonly format: ScratchFormat },
  use: (scratch: ScratchRepository) => Promise<T>,
): Promise<T> {
  const directory = options.directory ?? createTemporaryDirectory("scratch", options.parent);
  try {
    return await use(new ScratchRepository(directory, options.format, options));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Makes a scratch repository that looks to git like another repository: it borrows its objects and has copies of its
 * HEAD, refs, logs, indexes and `shallow`.
 * @throws CodedError `SCRATCH_FILE_TOO_LARGE`, `SCRATCH_INCOMPLETE` if a file cannot be copied, `SCRATCH_UNSAFE` as
 * `borrow`, `SCRATCH_UNSUPPORTED` if the refs are not files.
 */
export function withScratchCopy<T>(
  directories: GitDirectories,
  use: (scratch: ScratchRepository) => Promise<T>,
  options: ScratchOptions = {},
): Promise<T> {
  const format = readFormatOf(directories);
  return withScratchRepository({ ...options, format }, (scratch) => {
    scratch.borrow(join(directories.commonDirectory, "objects"));
    copyState(directories, scratch.directory);
    if (options.withoutIndex !== true) scratch.copyIndex(indexPath(directories.gitDirectory));
    for (const admin of options.worktrees ?? []) addWorktreeState(admin, scratch.directory, format.idBytes);
    return use(scratch);
  });
}
