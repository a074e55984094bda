import type { GitDirectories } from "../git/git-directory.ts";

/** A slot, and where its files and those about it lie. The slot lock is held meanwhile. */
export interface CleanUpPlace {
  /** The work tree. */
  readonly slotPath: string;
  readonly directories: GitDirectories;
  readonly stateDir: string;
  readonly timeoutSeconds: number;
}

/** One slot that is to be cleaned, and how. */
export interface CleanUp extends CleanUpPlace {
  readonly slotId: string;
  readonly poolDirectory: string;
  readonly now: Date;
  /** Unique in time: names what is put aside. */
  readonly stamp: string;
  /**
   * Asked directly before something is removed or rewritten: what came or changed since all work was seen or saved, in the
   * whole slot or below a directory of it. Undefined if nothing did.
   */
  readonly findLateChange: (below?: string) => Promise<string | undefined>;
  /** True if slot.json stands among the files of the work tree. */
  readonly holdsRecord: boolean;
  /** False if a look at the work tree has just found no special file in the place of git's rules. */
  readonly mayHoldSpecialRules: boolean;
  /** False if a look has just found no unsaved work: then each submodule is as the commit records it. */
  readonly mayHoldChangedSubmodules: boolean;
  /** True if it is the work tree of a submodule that is cleaned, not that of the slot. */
  readonly isSubmodule: boolean;
}
