import { dirname } from "node:path";
import type { Pool, PoolProblem, Slot } from "../pool.ts";
import { SlotReader } from "../../platform/slot-reader.ts";
import { findRepository } from "./find-repository.ts";
import type { RepositoryPlace } from "./repository-place.ts";
import { expandPattern, isUsablePath } from "./path-pattern.ts";
import { RealPlaces } from "./real-places.ts";
import {
  asSourceErrors,
  describeFailures,
  describeSource,
  notWatched,
  type ReadSource,
  type SourceError,
} from "./source.ts";
import { sourceSlotAt } from "./source-slot.ts";

/** One pool: each repository with a work tree that a pattern matches is a slot. */
export const readCheckouts: ReadSource = function* (settings, { claims, seen: seenDirectories }) {
  const errors: SourceError[] = [];
  const problems: PoolProblem[] = [];
  const slots = new Map<string, Slot>();
  const seen = new Set<string>();
  const reader = new SlotReader();
  const places = new RealPlaces(reader, seenDirectories);
  const poolName = settings.name === "" ? "checkouts" : settings.name;
  for (const pattern of settings.paths) {
    const { paths, directories, unread } = yield* expandPattern(pattern, settings.except);
    errors.push(...asSourceErrors(unread));
    for (const path of paths) {
      yield;
      const { path: real } = places.find(path, { isDirectory: directories.has(path) });
      if (seen.has(real)) continue;
      seen.add(real);
      const place = findRepository(real, reader, seenDirectories);
      const problem = refuse(real, place);
      if (problem !== undefined) problems.push(problem);
      if (problem !== undefined || place.kind !== "repository") continue;
      const owner = claims.claim(real, `the source ${poolName}`);
      if (owner === undefined)
        slots.set(real, sourceSlotAt(real, { repoName: poolName, layout: "clone" }, seenDirectories));
      else problems.push(notWatched(real, `it belongs to ${owner}`));
    }
  }
  errors.push(...describeFailures(reader));
  if (slots.size === 0 && settings.paths.length > 0)
    errors.push(describeNothing(settings.name, settings.paths));
  const directory = commonDirectoryOf([...slots.keys()]);
  const pool: Pool = {
    ...{ repoName: poolName, directory, layout: "clone", record: undefined, repoUrl: undefined, problems },
    slots: [...slots.values()],
    source: describeSource(settings),
  };
  return { pools: slots.size + problems.length === 0 ? [] : [pool], errors };
};

/** A plain directory is none of a source's affair; something of git's that is no checkout is told. */
function refuse(path: string, { kind }: RepositoryPlace): PoolProblem | undefined {
  if (!isUsablePath(path)) return notWatched(path, "the name is no printable UTF-8");
  if (kind === "bare") return notWatched(path, "it is a bare repository, and has no work tree");
  if (kind === "linked")
    return notWatched(
      path,
      "it is a linked work tree: a source of kind `worktrees` watches those of its repository",
    );
  return kind === "elsewhere"
    ? notWatched(path, "its .git file leads elsewhere, as a submodule's does")
    : undefined;
}

function describeNothing(name: string, paths: readonly string[]): SourceError {
  const detail = `the source ${name} finds nothing: no repository with a work tree is matched by ${paths.join(", ")}`;
  return { code: "source_empty", detail };
}

/** The longest path that all of them are below; the root if there is none. */
function commonDirectoryOf(paths: readonly string[]): string {
  const [first] = paths;
  let common = first === undefined ? "/" : dirname(first);
  for (const path of paths) while (common !== "/" && !path.startsWith(`${common}/`)) common = dirname(common);
  return common;
}
