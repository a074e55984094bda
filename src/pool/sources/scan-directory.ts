import type { Dirent } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { countOf } from "../../platform/count-of.ts";
import { resolveLinks } from "../../platform/contained-path.ts";
import { stateDirectoryName } from "../../platform/state-directory.ts";
import { takeAllSteps } from "../../platform/steps.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import type { UnreadPlace } from "../../platform/unread-path.ts";
import { directoryOf, findRepository } from "./find-repository.ts";
import { describeUnusableName, isUsablePath, listEntries, literalPattern } from "./path-pattern.ts";
import { asSourceErrors, type SourceError, type SourceSettings } from "./source.ts";

/** What lies below directories, as far as the scan came. Paths are real. */
export interface Scan {
  readonly roots: readonly string[];
  /** Repositories with a work tree. */
  readonly checkouts: readonly string[];
  /** Bare repositories. */
  readonly bare: readonly string[];
  /** Linked work trees, with their repository. */
  readonly linked: readonly FoundTree[];
  /** Those of them whose repository was not found below. */
  readonly strays: readonly FoundTree[];
  /** Work trees whose `.git` leads to a repository elsewhere. */
  readonly elsewhere: readonly string[];
  /** Pools of the pool manager. */
  readonly managedPools: readonly string[];
  readonly unread: readonly UnreadPlace[];
  /** Directories that were seen, and not searched because the time ran out. */
  readonly unseenCount: number;
  readonly directoryCount: number;
}

export interface FoundTree {
  readonly path: string;
  readonly repository: string;
}

export interface ScanLimits {
  /** Levels below each root. */
  readonly depth: number;
  readonly seconds: number;
  readonly onProgress?: (directoryCount: number) => void;
}

/** Large, and never where people keep repositories; and what was moved aside, which nobody works in. */
const skippedNames = new Set([
  stateDirectoryName,
  "node_modules",
  ".git",
  ".cache",
  ".npm",
  ".cargo",
  ".rustup",
  ".local",
  "proc",
  "sys",
]);
const directoriesPerStep = 64;

/**
 * Looks for repositories, the nearest directories first. Follows no link, enters no repository, and no directory twice.
 * Runs nothing and writes nothing.
 */
export function* scanDirectories(
  directories: readonly string[],
  { depth: deepest, seconds, onProgress }: ScanLimits,
): Generator<undefined, Scan> {
  const endsAt = performance.now() + seconds * 1000;
  const found = new Findings(
    directories.map((directory) => resolveLinks(resolve(directory)) ?? resolve(directory)),
  );
  let level = [...found.roots];
  let untilStep = directoriesPerStep;
  for (let depth = 0; level.length > 0; depth++) {
    const next: string[] = [];
    for (const [index, directory] of level.entries()) {
      if (performance.now() > endsAt) return found.result(level.length - index + next.length);
      if (--untilStep === 0) {
        untilStep = directoriesPerStep;
        onProgress?.(found.directoryCount);
        yield;
      }
      const below = found.enter(directory);
      if (depth < deepest) next.push(...below);
    }
    level = next;
  }
  return found.result(0);
}

class Findings {
  readonly roots: readonly string[];
  readonly #checkouts: string[] = [];
  readonly #bare: string[] = [];
  readonly #linked: FoundTree[] = [];
  readonly #elsewhere: string[] = [];
  readonly #managedPools: string[] = [];
  readonly #unread: UnreadPlace[] = [];
  readonly #entered = new Set<string>();

  constructor(roots: readonly string[]) {
    this.roots = [...new Set(roots)];
  }

  get directoryCount(): number {
    return this.#entered.size;
  }

  /** @returns the directories below that may hold repositories */
  enter(directory: string): string[] {
    if (this.#entered.has(directory)) return [];
    this.#entered.add(directory);
    const entries = listEntries(directory, this.#unread);
    if (this.#noteRepository(directory, entries)) return [];
    return entries.flatMap((entry) => {
      if (!entry.isDirectory() || skippedNames.has(entry.name)) return [];
      const path = `${directory === "/" ? "" : directory}/${entry.name}`;
      if (isUsablePath(entry.name)) return [path];
      this.#unread.push(describeUnusableName(directory, entry.name));
      return [];
    });
  }

  result(unseenCount: number): Scan {
    const known = new Set([...this.#checkouts, ...this.#bare]);
    return {
      ...{ roots: this.roots, checkouts: this.#checkouts, bare: this.#bare, unseenCount },
      linked: this.#linked,
      strays: this.#linked.filter(({ repository }) => !known.has(repository)),
      elsewhere: this.#elsewhere,
      managedPools: this.#managedPools,
      unread: this.#unread,
      directoryCount: this.directoryCount,
    };
  }

  /** True for what is not to be looked into. */
  #noteRepository(directory: string, entries: readonly Dirent[]): boolean {
    const has = (name: string): boolean => entries.some((entry) => entry.name === name);
    if (has("pool.json")) this.#managedPools.push(directory);
    if (has("pool.json") || (!has(".git") && !(has("HEAD") && has("objects")))) return has("pool.json");
    const place = findRepository(directory, uncachedReader);
    if (place.kind === "repository") this.#checkouts.push(directory);
    if (place.kind === "bare") this.#bare.push(directory);
    if (place.kind === "linked")
      this.#linked.push({
        path: directory,
        repository: directoryOf(resolveLinks(place.commonDirectory) ?? place.commonDirectory),
      });
    const isElsewhere = place.kind === "elsewhere" && place.target !== undefined;
    if (isElsewhere && uncachedReader.isDirectory(place.target)) this.#elsewhere.push(directory);
    return place.kind !== "none";
  }
}

/** Of directories that a person names: no configuration says anything of it. */
export const unnamedSource = {
  name: "",
  include: [],
  repositories: [],
  paths: [],
  idleAfterSeconds: undefined,
  allow: [],
  reclaim: {},
};

/** The sources that watch what a scan found: the work trees of its repositories, and its checkouts. */
export function sourcesOf(
  { checkouts, bare, strays }: Pick<Scan, "checkouts" | "bare" | "strays">,
  idleAfterSeconds: number | undefined,
): SourceSettings[] {
  const repositories = [...checkouts, ...bare].map(literalPattern);
  const outer = [...new Set(strays.map(({ repository }) => repository))];
  const sources: SourceSettings[] = [
    { ...unnamedSource, kind: "worktrees", repositories, idleAfterSeconds },
    // Of a repository elsewhere, what lies here.
    ...outer.map((repository): SourceSettings => ({
      ...{ ...unnamedSource, kind: "worktrees", idleAfterSeconds },
      repositories: [literalPattern(repository)],
      include: strays
        .filter((stray) => stray.repository === repository)
        .map(({ path }) => literalPattern(path)),
    })),
    { ...unnamedSource, kind: "checkouts", paths: checkouts.map(literalPattern) },
  ];
  return sources.filter((source) => source.repositories.length + source.paths.length > 0);
}

/**
 * The source of a linked work tree that is gone, or has no `.git`: a repository beside it, or beside the directory that it is in,
 * may have it registered. Undefined if there is no repository.
 */
export function sourceOfLostTree(path: string, idleAfterSeconds: number): SourceSettings | undefined {
  const parent = resolveLinks(dirname(resolve(path)));
  if (parent === undefined) return undefined;
  const scan = takeAllSteps(scanDirectories([parent, dirname(parent)], { depth: 1, seconds: 10 }));
  const found = [...scan.checkouts, ...scan.bare, ...scan.strays.map(({ repository }) => repository)];
  if (found.length === 0) return undefined;
  const repositories = [...new Set(found)].map(literalPattern);
  const include = [literalPattern(join(parent, basename(path)))];
  return { ...unnamedSource, kind: "worktrees", repositories, include, idleAfterSeconds };
}

/** A home directory may hold many private directories of other users. */
const mostUnreadTold = 10;

/** What a scan could not look at, or found nothing in. */
export function describeScan(scan: Scan, { depth, seconds }: ScanLimits): SourceError[] {
  const { roots, checkouts, bare, strays, unread, unseenCount, directoryCount } = scan;
  const where = roots.join(", ");
  const errors = asSourceErrors(unread.slice(0, mostUnreadTold));
  if (unread.length > mostUnreadTold) {
    const detail = `${where}: ${countOf(unread.length - mostUnreadTold, "other place")} could not be read`;
    errors.push({ code: "source_unread", detail });
  }
  if (unseenCount > 0) {
    const detail = `${where}: the scan ended after ${seconds} s; not looked into: at least ${countOf(unseenCount, "directory", "directories")}: name a smaller directory`;
    errors.push({ code: "source_unread", detail });
  }
  errors.push(...describeOthers(scan));
  if (checkouts.length + bare.length + strays.length + scan.managedPools.length === 0) {
    const detail = `${where}: no git repository in ${countOf(directoryCount, "directory", "directories")}, at most ${countOf(depth, "level")} deep: nothing was checked`;
    errors.push({ code: "source_empty", detail });
  }
  return errors;
}

/** What is there and is not looked at. */
function describeOthers({ managedPools, elsewhere }: Scan): SourceError[] {
  const errors: SourceError[] = [];
  const [pool] = managedPools;
  if (pool !== undefined) {
    const detail = `found ${countOf(managedPools.length, "pool")} of a pool manager (such as ${pool}): \`check --workspaces-dir ${dirname(pool)}\` looks there`;
    errors.push({ code: "source_unread", path: pool, detail });
  }
  const [tree] = elsewhere;
  if (tree !== undefined) {
    const detail = `the .git of ${countOf(elsewhere.length, "directory", "directories")} (such as ${tree}) leads elsewhere, as a submodule's does: nothing was looked at there`;
    errors.push({ code: "source_unread", path: tree, detail });
  }
  return errors;
}
