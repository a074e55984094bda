import { basename, dirname, join } from "node:path";
import { backlinkPath, readBacklink } from "../../git/git-directory.ts";
import { isUnlocked, listAdminDirectories, readWorktreeLock } from "../../git/worktrees.ts";
import { resolveLinks } from "../../platform/contained-path.ts";
import { SlotReader } from "../../platform/slot-reader.ts";
import type { Pool, PoolProblem, Slot } from "../pool.ts";
import type { RecordCache } from "../records/record-cache.ts";
import { directoryOf, findRepository } from "./find-repository.ts";
import type { RepositoryPlace } from "./repository-place.ts";
import {
  expandPattern,
  isMatch,
  isMissing,
  isUsablePath,
  literalPattern,
  type Matches,
} from "./path-pattern.ts";
import {
  asSourceErrors,
  describeFailures,
  describeSource,
  notWatched,
  type ReadSource,
  type SourceContext,
  type SourceError,
  type SourceSettings,
} from "./source.ts";
import { RealPlaces } from "./real-places.ts";
import type { SeenDirectories } from "./seen-directories.ts";
import { pathDigest, safeName } from "./source-names.ts";
import { sourceSlotAt } from "./source-slot.ts";

/** More registrations of one repository than this are not read. */
const mostRegistrations = 10_000;
/** Where tools make work trees without being asked: looked into for those that are not registered (any more). */
const usualPlaces = [".claude/worktrees", ".worktrees"];

/** One pool for each repository that a pattern matches: its slots are the linked work trees. */
export const readWorktrees: ReadSource = function* (settings, context) {
  const reader = new SlotReader();
  const places = new RealPlaces(reader, context.seen);
  const lookup = { reader, places, seen: context.seen };
  const { repositories, errors } = yield* findRepositories(settings, lookup);
  const names = namePools(repositories, settings.name, context.takenNames);
  const trees = new LinkedTrees(lookup);
  const pools: Pool[] = [];
  for (const [index, repository] of repositories.entries()) {
    const repoName = names[index] ?? "";
    const reading = { repository, repoName, settings, context, trees, errors, reader, places };
    const pool = yield* readRepository(reading);
    if (pool.slots.length + pool.problems.length > 0) pools.push(pool);
  }
  return { pools, errors: [...errors, ...describeFailures(reader)] };
};

/** With links resolved. */
interface Repository {
  readonly directory: string;
  readonly commonDirectory: string;
}

/** By what places are looked at. */
interface Lookup {
  readonly reader: SlotReader;
  readonly places: RealPlaces;
  readonly seen: SeenDirectories;
}

function* findRepositories(
  { name, repositories: patterns }: SourceSettings,
  lookup: Lookup,
): Generator<undefined, { repositories: Repository[]; errors: SourceError[] }> {
  const errors: SourceError[] = [];
  const found = new Map<string, Repository>();
  const linked: Extract<RepositoryPlace, { kind: "linked" }>[] = [];
  for (const pattern of patterns) {
    const { paths, directories, unread } = yield* expandPattern(pattern);
    errors.push(...asSourceErrors(unread));
    for (const path of paths) {
      yield;
      const place = findAt(path, { isDirectory: directories.has(path) }, lookup);
      if (place.kind === "linked") linked.push(place);
      if (place.kind === "repository" || place.kind === "bare") found.set(place.directory, place);
    }
  }
  // The work trees of a repository often stand beside it.
  const isKnown = (commonDirectory: string): boolean =>
    found.has(directoryOf(resolveLinks(commonDirectory) ?? commonDirectory));
  for (const { directory, commonDirectory } of linked)
    if (!isKnown(commonDirectory)) {
      const detail = `${directory} is a linked work tree of ${directoryOf(commonDirectory)}, which no pattern of the source ${name} matches`;
      errors.push({ code: "source_unread", path: directory, detail });
    }
  if (found.size === 0)
    errors.push({
      code: "source_empty",
      detail: `the source ${name} finds nothing: no repository is matched by ${patterns.join(", ")}`,
    });
  return { repositories: [...found.values()], errors };
}

function findAt(
  path: string,
  listed: { readonly isDirectory: boolean },
  { reader, places, seen }: Lookup,
): RepositoryPlace {
  return findRepository(places.find(path, listed).path, reader, seen);
}

/** After the source and the directory; digits of the path keep equal names apart, whatever else comes or goes. */
function namePools(
  repositories: readonly Repository[],
  sourceName: string,
  taken: ReadonlySet<string>,
): string[] {
  const plain = repositories.map(({ directory }) => {
    const name = safeName(basename(directory).replace(/\.git$/, ""));
    return sourceName === "" ? name : `${sourceName}-${name}`;
  });
  const counts = new Map<string, number>();
  for (const name of plain) counts.set(name, (counts.get(name) ?? 0) + 1);
  return plain.map((name, index) => {
    const isUnique = !taken.has(name) && counts.get(name) === 1;
    return isUnique ? name : `${name}-${pathDigest(repositories[index]?.directory ?? "")}`;
  });
}

interface RepositoryReading {
  readonly repository: Repository;
  readonly repoName: string;
  readonly settings: SourceSettings;
  readonly context: SourceContext;
  readonly trees: LinkedTrees;
  readonly errors: SourceError[];
  readonly reader: SlotReader;
  readonly places: RealPlaces;
}

function* readRepository(reading: RepositoryReading): Generator<undefined, Pool> {
  const { repository, repoName, settings, context } = reading;
  const registered = yield* readRegistrations(reading);
  const include = includedPatterns(reading);
  const isIncluded = (path: string): boolean =>
    include.length === 0 || include.some((pattern) => isMatch(path, pattern));
  const unregistered = yield* findUnregistered(reading, registered, include);
  const moved = new Set(unregistered.trees.map(({ admin }) => admin));
  // A work tree that was moved is reported at its new place, and not as missing at the old one.
  const allGone = registered.gone.filter(({ admin }) => !moved.has(admin));
  const gone = allGone.filter(({ path }) => isIncluded(path));
  const { suspects, missing } = selectSuspects(gone, registered.present.length, reading.reader);
  const allSuspects = selectSuspects(allGone, registered.present.length, reading.reader).suspects;
  const paths = [
    ...registered.present.map(({ path }) => path).filter(isIncluded),
    ...unregistered.trees.map(({ path }) => path),
    ...missing.map(({ path }) => path),
  ];
  const problems = [
    ...registered.problems,
    ...unregistered.lost.map((path) => notWatched(path, "its .git file leads to nothing that is there")),
    ...describeSuspects(repository, [...suspects, ...unregistered.foreign]),
  ];
  const slots: Slot[] = [];
  for (const path of [...new Set(paths)].sort()) {
    if (!isUsablePath(path)) problems.push(notWatched(path, "the name is no printable UTF-8"));
    else {
      const owner = context.claims.claim(path, `the pool ${repoName}`);
      if (owner === undefined) slots.push(sourceSlotAt(path, { repoName, layout: "worktree" }, context.seen));
      else problems.push(notWatched(path, `it belongs to ${owner}`));
    }
  }
  return {
    ...{ repoName, directory: repository.directory, mainRepository: repository.commonDirectory },
    ...{ layout: "worktree", record: undefined, repoUrl: undefined, slots, problems },
    registrations: {
      present: registered.present.length,
      missing: missing.length,
      suspect: suspects.length + unregistered.foreign.length,
      away: registered.awayCount,
      unregistered: unregistered.trees.length,
    },
    source: describeSource(settings),
    vantage: describeSuspects(repository, [...allSuspects, ...unregistered.foreign])[0],
  };
}

function includedPatterns({ repository, settings }: RepositoryReading): string[] {
  return settings.include.map((pattern) => fromRepository(repository, pattern));
}

function fromRepository({ directory }: Repository, pattern: string): string {
  return pattern.startsWith("/") ? pattern : join(literalPattern(directory), pattern);
}

interface Registration {
  readonly path: string;
  readonly admin: string;
}

interface Registrations {
  readonly present: readonly Registration[];
  /** Registered, and no directory is there. */
  readonly gone: readonly Registration[];
  /** Gone and locked by `git worktree lock`. */
  readonly awayCount: number;
  readonly problems: PoolProblem[];
}

function* readRegistrations({
  repository: { commonDirectory },
  context: { cache, seen },
  reader,
  places,
}: RepositoryReading): Generator<undefined, Registrations> {
  const present: Registration[] = [];
  const gone: Registration[] = [];
  let awayCount = 0;
  const problems: PoolProblem[] = [];
  const admins = listAdminDirectories(reader, commonDirectory);
  if (admins.length > mostRegistrations)
    problems.push({
      code: "unread",
      path: commonDirectory,
      detail: `${admins.length} work trees are registered: ${mostRegistrations} of them are watched`,
    });
  for (const admin of admins.slice(0, mostRegistrations)) {
    yield;
    const gitFile = readCached(cache, backlinkPath(admin), () => readBacklink(reader, admin));
    const facts = seen.factsOf(admin);
    if (facts.isUnlocked !== true && isUnlocked(reader, admin)) facts.isUnlocked = true;
    const lock = facts.isUnlocked === true ? undefined : readWorktreeLock(reader, admin);
    // Git is making it at this moment.
    if (lock?.text.startsWith("initializing") === true) continue;
    if (gitFile === undefined || basename(gitFile) !== ".git") {
      problems.push(notWatched(admin, "its link back names no work tree"));
      continue;
    }
    const { path, isMissing } = places.find(dirname(gitFile));
    if (!isMissing) present.push({ path, admin });
    else if (lock === undefined) gone.push({ path, admin });
    else {
      awayCount++;
      problems.push(notWatched(path, "nothing is there, and git's lock on it says that it may be away"));
    }
  }
  return { present, gone, awayCount, problems };
}

interface Unregistered {
  /** That link to this repository, which does not link back. */
  readonly trees: readonly Registration[];
  /** That link to a place of this repository by a path that is not there: it was seen from elsewhere when they were made. */
  readonly foreign: readonly Registration[];
  /** Whose `.git` file leads to nothing that is there: it does not tell whose they are. */
  readonly lost: readonly string[];
}

function* findUnregistered(
  { repository, trees, errors, reader }: RepositoryReading,
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

type LinkedPlace = Extract<RepositoryPlace, { kind: "linked" }>;
type ElsewherePlace = Extract<RepositoryPlace, { kind: "elsewhere" }>;

interface ListedTrees {
  readonly linked: readonly LinkedPlace[];
  readonly elsewhere: readonly ElsewherePlace[];
  readonly unread: readonly SourceError[];
}

/** The linked work trees that a pattern matches, read once for all repositories of a source. */
class LinkedTrees {
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

/** A file that could not be read is read and reported again. */
function readCached(
  cache: RecordCache | undefined,
  path: string,
  read: () => string | undefined,
): string | undefined {
  const readValue = (): { value: string } | undefined => {
    const value = read();
    return value === undefined ? undefined : { value };
  };
  return (cache === undefined ? readValue() : cache.read(path, readValue))?.value;
}

/**
 * If several registered work trees seem gone at once, they are more likely on a disk that is not mounted, or outside of this
 * container. They are suspect if their parent directory is missing too, or if no work tree is left.
 */
function selectSuspects(
  gone: readonly Registration[],
  presentCount: number,
  reader: SlotReader,
): { suspects: readonly Registration[]; missing: readonly Registration[] } {
  const isSuspect = ({ path }: Registration): boolean =>
    presentCount === 0 || reader.readEntry(dirname(path)).kind === "missing";
  const suspects = gone.filter(isSuspect);
  return suspects.length < 2
    ? { suspects: [], missing: gone }
    : { suspects, missing: gone.filter((registration) => !isSuspect(registration)) };
}

function describeSuspects({ directory }: Repository, suspects: readonly Registration[]): PoolProblem[] {
  const [first] = suspects;
  if (first === undefined) return [];
  const what = suspects.length === 1 ? "a work tree" : `${suspects.length} work trees`;
  const detail = `${what} of ${directory} (such as ${first.path}) cannot be found where git registered them: is this a container's view, or a disk not mounted? Nothing is judged and nothing done there; if they were removed, \`git worktree prune\` on their own host forgets them`;
  return [{ code: "vantage_suspect", path: directory, detail }];
}
