import type { GitDirectories } from "../git/git-directory.ts";

/** One slot that is to be cleaned, and how. The slot lock is held meanwhile. */
export interface CleanUp {
  readonly slotId: string;
  /** The work tree. */
  readonly slotPath: string;
  readonly poolDirectory: string;
  readonly directories: GitDirectories;
  readonly stateDir: string;
  readonly now: Date;
  /** Unique in time: names what is put aside. */
  readonly stamp: string;
  /** Where to fetch from; undefined if nothing is to be fetched. */
  readonly fetchUrl: string | undefined;
  /** True if slot.json stands among the files of the work tree. */
  readonly holdsRecord: boolean;
  /** False if a look at the work tree has just found no special file in the place of git's rules. */
  readonly mayHoldSpecialRules: boolean;
  /** False if a look has just found no unsaved work: then each submodule is as the commit records it. */
  readonly mayHoldChangedSubmodules: boolean;
  /** True if it is the work tree of a submodule that is cleaned, not that of the slot. */
  readonly isSubmodule: boolean;
  readonly timeoutSeconds: number;
}
