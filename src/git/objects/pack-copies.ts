import { rmSync } from "node:fs";
import { join } from "node:path";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { feedLines } from "../run/feed-git.ts";
import { byLine } from "../run/split-output.ts";
import type { ScratchRepository } from "../scratch/scratch-repository.ts";

/** Objects by their ids, and those that are named and not there. */
export interface ObjectClosure {
  readonly present: Set<string>;
  readonly absent: Set<string>;
}

/** The given objects and everything below them; of commits their files, not their parents. */
export function listClosure(
  objectIds: readonly string[],
  repository: ScratchRepository,
): Promise<ObjectClosure> {
  return listObjects(["--no-walk=unsorted"], objectIds, repository);
}

/** The objects of commits, and of those on which they stand, apart from what the known commits lead to, as far as git sees it. */
export function listNewObjects(
  commits: readonly string[],
  known: readonly string[],
  repository: ScratchRepository,
): Promise<ObjectClosure> {
  return listObjects(
    [],
    commits.length === 0 ? [] : [...commits, ...known.map((id) => `^${id}`)],
    repository,
  );
}

/** What the refs of a repository lead to, apart from the files of the known commits. */
export function listReachable(
  repository: ScratchRepository,
  known: readonly string[],
): Promise<ObjectClosure> {
  // After `--all`, it is about the known commits alone: one whose tree is lost leads to nothing.
  return listAll(
    ["--all", "--ignore-missing"],
    known.map((id) => `^${id}^{tree}`),
    repository,
  );
}

async function listObjects(
  options: readonly string[],
  objectIds: readonly string[],
  repository: ScratchRepository,
): Promise<ObjectClosure> {
  if (objectIds.length === 0) return { present: new Set(), absent: new Set() };
  return listAll(options, objectIds, repository);
}

async function listAll(
  options: readonly string[],
  revisions: readonly string[],
  repository: ScratchRepository,
): Promise<ObjectClosure> {
  const present = new Set<string>();
  const absent = new Set<string>();
  const listing = ["--objects", "--no-object-names", "--missing=print", ...options, "--stdin"];
  await repository.mustRun(["rev-list", ...listing], {
    feed: feedLines(revisions),
    onOutput: byLine((line) => {
      if (line.startsWith("?")) absent.add(line.slice(1));
      else present.add(line);
    }),
  });
  return { present, absent };
}

/** Packs objects, then indexes the pack again: that computes every id from the content, whatever the source called it. */
export async function copyProven(
  ids: ReadonlySet<string>,
  source: ScratchRepository,
  target: ScratchRepository,
): Promise<void> {
  if (ids.size === 0) return;
  await source.mustRun(["pack-objects", "--quiet", "--window=0", join(target.packs, "pack")], {
    settings: ["pack.compression=1", "pack.threads=1"],
    feed: feedLines(ids),
  });
  for (const name of uncachedReader.listNames(target.packs)) {
    if (name.endsWith(".pack")) await target.mustRun(["index-pack", join(target.packs, name)]);
    else rmSync(join(target.packs, name));
  }
}
