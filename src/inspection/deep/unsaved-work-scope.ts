import type { GitDirectories } from "../../git/git-directory.ts";
import type { GitResult } from "../../git/run/git-command.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import type { Disregard } from "./disregarded-files.ts";

export interface UnsavedWorkOptions {
  /** The pool's slot.json stands among the files of the work tree: it is nobody's work. */
  readonly holdsRecord: boolean;
  /** Tells which files are nobody's work. */
  readonly disregard?: Disregard | undefined;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * Git LFS may run as our own system or user configuration defines it, over files that may have changed. What only its own
   * store holds is then not looked for: a clean-up leaves that in its place.
   */
  readonly runsLfs?: boolean;
  /** Stop at the first kind: in a large repository, finding all kinds costs more than everything else. */
  readonly endsAtFirst?: boolean;
}

/** What is looked into: the slot, or a submodule in it. */
export interface WorkTree {
  readonly directories: GitDirectories;
  readonly workTree: string;
  /** The slot. */
  readonly root: string;
  /** Where the slot holds a repository. */
  readonly repositories: readonly string[];
  /** Git directories of the submodules that were looked into with their files. */
  readonly submodules: Set<string>;
  readonly depth: number;
}

/** A look into one of them, through a scratch copy. */
export interface Scope extends WorkTree {
  readonly scratch: ScratchRepository;
  readonly git: (args: readonly string[], input?: string | Buffer) => Promise<GitResult>;
  /** For output that grows with the number of files. False if git failed: what came before is then not all. */
  readonly list: (
    args: readonly string[],
    onOutput: (chunk: Buffer) => void,
    how?: { readonly input?: string | Buffer; readonly settings?: readonly string[] },
  ) => Promise<boolean>;
  readonly options: UnsavedWorkOptions;
  readonly index: IndexMarks;
}

/** What the entries of an index are marked with. */
export interface IndexMarks {
  /** False if git did not list all of it. */
  readonly isWhole: boolean;
  /** Paths whose edits `update-index --assume-unchanged` hides, as bytes in latin1. */
  readonly assumedUnchanged: readonly string[];
  readonly hasAttributes: boolean;
  readonly submodules: readonly { readonly commit: string; readonly path: string }[];
}
