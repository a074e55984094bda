import { resolveLinks } from "../../platform/contained-path.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";
import { directoryOf, findRepository } from "./find-repository.ts";
import { expandPattern } from "./path-pattern.ts";
import type { RealPlaces } from "./real-places.ts";
import type { RepositoryPlace } from "./repository-place.ts";
import type { SeenDirectories } from "./seen-directories.ts";
import { asSourceErrors, type SourceError, type SourceSettings } from "./source.ts";

/** A repository whose work trees are watched, with links resolved. */
export interface Repository {
  readonly directory: string;
  readonly commonDirectory: string;
}

/** By what places are looked at. */
export interface Lookup {
  readonly reader: SlotReader;
  readonly places: RealPlaces;
  readonly seen: SeenDirectories;
}

/** The repositories that the patterns of a source match, each once, in the order of the patterns. */
export function* findRepositories(
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

/** What is at a path that a pattern matches. */
export function findAt(
  path: string,
  listed: { readonly isDirectory: boolean },
  { reader, places, seen }: Lookup,
): RepositoryPlace {
  return findRepository(places.find(path, listed).path, reader, seen);
}
