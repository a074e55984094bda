import { resolveLinks } from "../../platform/contained-path.ts";
import { takeAllSteps } from "../../platform/steps.ts";
import type { Pool } from "../pool.ts";
import type { RecordCache } from "../records/record-cache.ts";
import { readCheckouts } from "./checkouts-source.ts";
import { PathClaims } from "./path-claims.ts";
import { SeenDirectories } from "./seen-directories.ts";
import type { ReadSource, SourceKind, SourceReading, SourceSettings } from "./source.ts";
import { readWorktrees } from "./worktrees-source.ts";

/** How each kind is read. The pools of the manager are read with their inventory: see pool-store.ts. */
const readers: Readonly<Record<SourceKind, ReadSource | undefined>> = {
  managed: undefined,
  worktrees: readWorktrees,
  checkouts: readCheckouts,
};

export interface SourcesPlace {
  readonly workspacesDir: string;
  readonly stateDir: string;
  readonly sources: readonly SourceSettings[];
  readonly cache?: RecordCache | undefined;
}

/** What one source yielded. */
export interface NamedReading extends SourceReading {
  readonly name: string;
}

/** True if the pools of the manager are among the sources: so they are unless others are named. */
export function includesManaged(sources: readonly SourceSettings[]): boolean {
  return sources.length === 0 || sources.some(({ kind }) => kind === "managed");
}

/** The pools of all sources without a pool manager, read at once: see `readSources`. */
export function listSourcePools(place: SourcesPlace, managed: readonly Pool[]): Pool[] {
  return takeAllSteps(readSources(place, managed)).flatMap(({ pools }) => pools);
}

/** The pools of all sources without a pool manager. What several of them match belongs to the first. */
export function* readSources(
  { workspacesDir, stateDir, sources, cache }: SourcesPlace,
  managed: readonly Pool[],
): Generator<undefined, NamedReading[]> {
  // Most machines have the pool manager alone, and resolving links asks the system about each folder.
  if (sources.every(({ kind }) => readers[kind] === undefined)) return [];
  const quarantines = sources.flatMap(({ reclaim }) => reclaim.quarantineDir ?? []);
  const claims = new PathClaims([
    { directory: resolveLinks(workspacesDir) ?? workspacesDir, owner: "the pool manager" },
    ...[stateDir, ...quarantines].map((directory) => ({
      directory: resolveLinks(directory) ?? directory,
      owner: "this program",
    })),
  ]);
  const takenNames = new Set(managed.map(({ repoName }) => repoName));
  const seen = new SeenDirectories(cache);
  const readings: NamedReading[] = [];
  for (const settings of sources) {
    const read = readers[settings.kind];
    if (read === undefined) continue;
    const { pools, errors } = yield* read(settings, { claims, takenNames, seen, cache });
    for (const { repoName } of pools) takenNames.add(repoName);
    readings.push({ name: settings.name, pools, errors });
  }
  return readings;
}
