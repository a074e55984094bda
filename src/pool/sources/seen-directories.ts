import type { Slot } from "../pool.ts";
import { readCached, type RecordCache } from "../records/record-cache.ts";
import type { RepositoryPlace } from "./repository-place.ts";

/**
 * What is true of a directory for as long as its own times stay the same: that it is one, and which entries of which kind
 * are in it. Never what is in a file, which may be written in place.
 */
export interface DirectoryFacts {
  isDirectory?: true;
  /** What is there to git, if its entries alone tell. */
  repository?: Extract<RepositoryPlace, { kind: "repository" | "bare" }>;
  /** Of the git directory of a work tree: git's lock is not there. */
  isUnlocked?: true;
  /** The slot that it was last, which is the same in the same pool. */
  slot?: Slot;
}

/** Directories that several sources ask about: each is looked at once, and by a watcher again only when it has changed. */
export class SeenDirectories {
  readonly #cache: RecordCache | undefined;
  readonly #facts = new Map<string, DirectoryFacts>();

  constructor(cache?: RecordCache) {
    this.#cache = cache;
  }

  /** What is known, for the caller to add to. */
  factsOf(path: string): DirectoryFacts {
    const known = this.#facts.get(path);
    if (known !== undefined) return known;
    const facts: DirectoryFacts = readCached(this.#cache, path, () => ({}));
    this.#facts.set(path, facts);
    return facts;
  }
}
