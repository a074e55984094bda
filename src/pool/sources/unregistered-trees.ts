import { basename, dirname, join } from "node:path";
import { resolveLinks } from "../../platform/contained-path.ts";
import { expandPattern, isMissing, literalPattern, type Matches } from "./path-pattern.ts";
import type { Registration, Registrations } from "./registrations.ts";
import type { RepositoryPlace } from "./repository-place.ts";
import { asSourceErrors, type SourceError } from "./source.ts";
import { findAt, type Lookup, type Repository } from "./watched-repositories.ts";

/** Where tools make work trees without being asked: looked into for those that are not registered (any more). */
const usualPlaces = [".claude/worktrees", ".worktrees"];

export interface UnregisteredSearch {
  readonly repository: Repository;
  readonly lookup: Lookup;
  readonly trees: LinkedTrees;
  /** What could not be read is added to them. */
  readonly errors: SourceError[];
}

export interface Unregistered {
  /** That link to this repository, which does not link back. */
  readonly trees: readonly Registration[];
  /** That link to a place of this repository by a path that is not there: it was seen from elsewhere when they were made. */
  readonly foreign: readonly Registration[];
  /** Whose `.git` file leads to nothing that is there: it does not tell whose they are. */
  readonly lost: readonly string[];
}

/** The trees that link to a repository in which they are not registered (any more). */
export function* findUnregistered(
  { repository, lookup: { reader }, trees, errors }: UnregisteredSearch,
  { present, gone }: Registrations,
  include: readonly string[],
): Generator<undefined, Unregistered> {
  const patterns =
    include.length > 0
      ? include
      : [
          ...usualPlacesOf(repository),
          ...[...new Set([...present, ...gone].map(({ path }) => dirname(path)))].map(
            (directory) => `${literalPattern(directory)}/*`,
          ),
        ];
  const known = new Set(present.map(({ path }) => path));
  const names = new Set([...present, ...gone].map(({ admin }) => basename(admin)));
  const found: Registration[] = [];
  const foreign: Registration[] = [];
  const lost: string[] = [];
  const isThere = (path: string): boolean => reader.readEntry(path).kind !== "missing";
  for (const pattern of new Set(patterns)) {
    const { linked, elsewhere, unread } = yield* trees.list(pattern, known);
    errors.push(...unread);
    for (const { directory: path, admin, commonDirectory } of linked) {
      if (resolveLinks(commonDirectory) === repository.commonDirectory) found.push({ path, admin });
      else if (isThere(commonDirectory)) continue;
      else if (names.has(basename(admin))) foreign.push({ path, admin });
      else lost.push(path);
    }
    for (const { directory: path, target } of elsewhere)
      if (target === undefined || !isThere(target)) lost.push(path);
  }
  return { trees: found, foreign, lost: trees.selectUntold(lost) };
}

/** Most repositories have none of them, and a look takes less time than expanding a pattern. */
function usualPlacesOf(repository: Repository): string[] {
  return usualPlaces
    .filter((place) => !isMissing(`${repository.directory}/${place}`))
    .map((place) => fromRepository(repository, `${place}/*`));
}

/** A pattern without a leading slash counts from the repository. */
export function fromRepository({ directory }: Repository, pattern: string): string {
  return pattern.startsWith("/") ? pattern : join(literalPattern(directory), pattern);
}

type LinkedPlace = Extract<RepositoryPlace, { kind: "linked" }>;
type ElsewherePlace = Extract<RepositoryPlace, { kind: "elsewhere" }>;

interface ListedTrees {
  readonly linked: readonly LinkedPlace[];
  readonly elsewhere: readonly ElsewherePlace[];
  readonly unread: readonly SourceError[];
}

/** The linked work trees that a pattern matches, read once for all repositories of a source. */
export class LinkedTrees {
  readonly #matches = new Map<string, Omit<Matches, "unread">>();
  readonly #places = new Map<string, RepositoryPlace>();
  readonly #told = new Set<string>();
  readonly #lookup: Lookup;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  /** All but the known ones. A path that could not be read is reported once. */
  *list(pattern: string, known: ReadonlySet<string>): Generator<undefined, ListedTrees> {
    const { paths, directories, unread } = yield* this.#expand(pattern);
    const linked: LinkedPlace[] = [];
    const elsewhere: ElsewherePlace[] = [];
    for (const path of paths) {
      if (known.has(path)) continue;
      yield;
      const place =
        this.#places.get(path) ?? findAt(path, { isDirectory: directories.has(path) }, this.#lookup);
      this.#places.set(path, place);
      if (known.has(place.directory)) continue;
      if (place.kind === "linked") linked.push(place);
      else if (place.kind === "elsewhere") elsewhere.push(place);
    }
    return { linked, elsewhere, unread };
  }

  /** Two repositories of a source may have their work trees in one directory: the first one reports such a path. */
  selectUntold(paths: readonly string[]): string[] {
    const untold = [...new Set(paths)].filter((path) => !this.#told.has(path));
    for (const path of untold) this.#told.add(path);
    return untold;
  }

  *#expand(
    pattern: string,
  ): Generator<undefined, Omit<Matches, "unread"> & { readonly unread: SourceError[] }> {
    const known = this.#matches.get(pattern);
    if (known !== undefined) return { ...known, unread: [] };
    const { unread, ...matches } = yield* expandPattern(pattern);
    this.#matches.set(pattern, matches);
    return { ...matches, unread: asSourceErrors(unread) };
  }
}
