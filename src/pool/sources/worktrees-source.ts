import { basename } from "node:path";
import { SlotReader } from "../../platform/slot-reader.ts";
import type { Pool, Slot } from "../pool.ts";
import { isMatch, isUsablePath } from "./path-pattern.ts";
import { RealPlaces } from "./real-places.ts";
import { describeSuspects, readRegistrations, selectSuspects } from "./registrations.ts";
import {
  describeFailures,
  describeSource,
  notWatched,
  type ReadSource,
  type SourceContext,
  type SourceSettings,
} from "./source.ts";
import { pathDigest, safeName } from "./source-names.ts";
import { sourceSlotAt } from "./source-slot.ts";
import {
  findUnregistered,
  fromRepository,
  LinkedTrees,
  type UnregisteredSearch,
} from "./unregistered-trees.ts";
import { findRepositories, type Repository } from "./watched-repositories.ts";

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
    const reading = { repository, repoName, settings, context, trees, lookup, errors };
    const pool = yield* readRepository(reading);
    if (pool.slots.length + pool.problems.length > 0) pools.push(pool);
  }
  return { pools, errors: [...errors, ...describeFailures(reader)] };
};

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

interface RepositoryReading extends UnregisteredSearch {
  readonly repoName: string;
  readonly settings: SourceSettings;
  readonly context: SourceContext;
}

function* readRepository(reading: RepositoryReading): Generator<undefined, Pool> {
  const { repository, repoName, settings, context, lookup } = reading;
  const registered = yield* readRegistrations(repository, lookup, context.cache);
  const include = settings.include.map((pattern) => fromRepository(repository, pattern));
  const isIncluded = (path: string): boolean =>
    include.length === 0 || include.some((pattern) => isMatch(path, pattern));
  const unregistered = yield* findUnregistered(reading, registered, include);
  const moved = new Set(unregistered.trees.map(({ admin }) => admin));
  // A work tree that was moved is reported at its new place, and not as missing at the old one.
  const allGone = registered.gone.filter(({ admin }) => !moved.has(admin));
  const gone = allGone.filter(({ path }) => isIncluded(path));
  const { suspects, missing } = selectSuspects(gone, registered.present.length, lookup.reader);
  const allSuspects = selectSuspects(allGone, registered.present.length, lookup.reader).suspects;
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
