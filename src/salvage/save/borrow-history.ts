import { rmSync } from "node:fs";
import { join } from "node:path";
import { feedLines } from "../../git/run/feed-git.ts";
import { byLine } from "../../git/run/split-output.ts";
import { readObjectTypes, type BatchSource, type ObjectType } from "../../git/objects/object-batch.ts";
import { asError } from "../../platform/coded-error.ts";
import { readObjectLinks } from "../../git/objects/object-links.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { isPlainObjectStore } from "../../git/special-files.ts";
import type { WorkTips } from "../../git/refs/tips.ts";
import { listAllNames } from "../../platform/directory.ts";

export type BorrowedHistory =
  | {
      readonly kind: "saved";
      /** Commits that the remote has; their trees are saved, what came before them is not. */
      readonly baseCommits: readonly string[];
      /** Objects that the slot never had, as in a partial clone. */
      readonly absentIds: ReadonlySet<string>;
    }
  /** Something cannot be read: each object has to be looked at by itself. */
  | { readonly kind: "damaged"; readonly detail: string };

export interface BorrowedSlot {
  /** It borrows the slot's objects. */
  readonly scratch: ScratchRepository;
  readonly objectsDirectory: string;
  readonly tips: WorkTips;
  /** Objects that nothing may name any more. */
  readonly looseIds: ReadonlySet<string>;
  /** What an index names, or another tool's log; some of it may never have been here. */
  readonly namedIds: readonly string[];
  /**
   * Types of the objects to save that nothing names: commits, if nobody else's are among those that git finds; all, if what
   * an index named is not known.
   */
  readonly unnamedTypes: readonly ObjectType[];
}

/**
 * Copies what the remote does not have out of a sound repository: everything that any ref, reflog, index entry or loose
 * object leads to, except what remote-tracking refs lead to, and the trees of the commits that the rest stands on.
 */
export async function borrowHistory(slot: BorrowedSlot, target: ScratchRepository): Promise<BorrowedHistory> {
  if (slot.tips.faults.length > 0) return damaged(`unreadable: ${slot.tips.faults.slice(0, 3).join(", ")}`);
  const unpaired = findUnpairedPack(slot.objectsDirectory);
  if (unpaired !== undefined) return damaged(`${unpaired} stands alone`);
  if (!isPlainObjectStore(slot.objectsDirectory))
    return damaged("a link or a special file stands among the objects");
  try {
    return await copyUnpushed(slot, target);
  } catch (error) {
    target.throwIfAborted();
    return damaged(asError(error).message);
  }
}

const damaged = (detail: string): BorrowedHistory => ({ kind: "damaged", detail });

function findUnpairedPack(objectsDirectory: string): string | undefined {
  const names = listAllNames(join(objectsDirectory, "pack")).filter((name) => /\.(?:pack|idx)$/.test(name));
  const all = new Set(names);
  return names.find(
    (name) => !all.has(name.endsWith(".pack") ? name.replace(/pack$/, "idx") : name.replace(/idx$/, "pack")),
  );
}

async function copyUnpushed(
  { scratch, tips, looseIds, namedIds, unnamedTypes }: BorrowedSlot,
  target: ScratchRepository,
): Promise<BorrowedHistory> {
  const refIds = tips.refs.map(({ objectId }) => objectId);
  const remotes = tips.refs.filter(({ name }) => name.startsWith("refs/remotes/"));
  const remoteIds = new Set(remotes.map(({ objectId }) => objectId));
  const needed = new Set([...refIds, ...looseIds, ...(tips.commit === undefined ? [] : [tips.commit])]);
  const candidates = new Set([
    ...needed,
    ...tips.otherIds,
    ...tips.stashes.map(({ objectId }) => objectId),
    ...namedIds,
  ]);
  const { types, result } = await readObjectTypes(scratch.source, candidates);
  const lost = [...needed].find((id) => !types.has(id));
  if (result.kind !== "done" || lost !== undefined) return damaged(`${lost ?? "an object"} cannot be read`);
  if (unnamedTypes.length > 0)
    for (const [id, type] of await listUnnamed(types, unnamedTypes, scratch)) types.set(id, type);
  const unpushed = await listUnpushed({ types, remoteIds }, scratch);
  const tags = await selectTags({ looseIds, types, unpushed: unpushed.commits }, scratch.source);
  const isOther = (id: string): boolean => types.get(id) === "tree" || types.get(id) === "blob";
  const tops = new Set([...unpushed.commits, ...unpushed.bases, ...findOwnCommits(tips, types), ...tags]);
  const closure = await listClosure([...tops, ...[...types.keys()].filter(isOther)], scratch);
  await copyObjects(closure.present, scratch, target);
  const baseCommits = [...tops].filter((id) => types.get(id) !== "tag" && !unpushed.commits.has(id));
  return { kind: "saved", baseCommits, absentIds: closure.absent };
}

/**
 * What nothing leads to any more, even if a repack took it into a pack: a stash whose ref and log are gone, what was staged
 * in an index that is lost.
 */
async function listUnnamed(
  named: ReadonlyMap<string, ObjectType>,
  wanted: readonly ObjectType[],
  scratch: ScratchRepository,
): Promise<Map<string, ObjectType>> {
  const unnamed = new Map<string, ObjectType>();
  const listing = [
    "--batch-all-objects",
    "--unordered",
    "--buffer",
    "--batch-check=%(objectname) %(objecttype)",
  ];
  await scratch.mustRun(["cat-file", ...listing], {
    onOutput: byLine((line) => {
      const [id = "", word] = line.split(" ");
      const type = wanted.find((each) => each === word);
      if (type !== undefined) unnamed.set(id, type);
    }),
  });
  const hasCommitsAlone = wanted.every((type) => type === "commit");
  const walk = hasCommitsAlone ? [] : ["--objects", "--no-object-names", "--missing=allow-any"];
  const tops = hasCommitsAlone
    ? [...named].filter(([, type]) => type === "commit" || type === "tag")
    : [...named];
  await scratch.mustRun(["rev-list", ...walk, "--stdin"], {
    feed: feedLines(tops.map(([id]) => id)),
    onOutput: byLine((line) => unnamed.delete(line)),
  });
  return unnamed;
}

/** Commits that no remote-tracking ref leads to, and the ones that it does lead to on which those stand. */
async function listUnpushed(
  slot: { types: ReadonlyMap<string, ObjectType>; remoteIds: ReadonlySet<string> },
  scratch: ScratchRepository,
): Promise<{ commits: Set<string>; bases: Set<string> }> {
  const commits = new Set<string>();
  const bases = new Set<string>();
  const leadsToCommits = (id: string): boolean => ["commit", "tag"].includes(slot.types.get(id) ?? "");
  const known = [...slot.remoteIds].filter(leadsToCommits).map((id) => `^${id}`);
  await scratch.mustRun(["rev-list", "--boundary", "--stdin"], {
    feed: feedLines([...[...slot.types.keys()].filter(leadsToCommits), ...known]),
    onOutput: byLine((line) => {
      if (line.startsWith("-")) bases.add(line.slice(1));
      else commits.add(line);
    }),
  });
  return { commits, bases };
}

/** What HEAD and the local branches are at, pushed or not: they come back with their files. */
function findOwnCommits(tips: WorkTips, types: ReadonlyMap<string, ObjectType>): string[] {
  const branches = tips.refs.filter(({ name }) => !/^refs\/(?:remotes|tags)\//.test(name));
  const ids = [
    ...branches.map(({ objectId }) => objectId),
    ...(tips.commit === undefined ? [] : [tips.commit]),
  ];
  return ids.filter((id) => types.get(id) === "commit");
}

/**
 * Tag objects that are the slot's own: loose ones, and those on unpushed commits. The rest came with the clone; each
 * would bring the files of a release along.
 */
async function selectTags(
  slot: {
    looseIds: ReadonlySet<string>;
    types: ReadonlyMap<string, ObjectType>;
    unpushed: ReadonlySet<string>;
  },
  source: BatchSource,
): Promise<string[]> {
  const tags = [...slot.types].flatMap(([id, type]) => (type === "tag" ? [id] : []));
  const targets = await readObjectLinks(source, tags);
  const isOwn = (id: string): boolean =>
    slot.looseIds.has(id) || (targets.get(id) ?? []).some((target) => slot.unpushed.has(target));
  return tags.filter(isOwn);
}

/** The given objects and everything below them; of commits their files, not their parents. */
async function listClosure(
  objectIds: readonly string[],
  scratch: ScratchRepository,
): Promise<{ present: Set<string>; absent: Set<string> }> {
  const present = new Set<string>();
  const absent = new Set<string>();
  if (objectIds.length === 0) return { present, absent };
  const listing = ["--objects", "--no-object-names", "--missing=print", "--no-walk=unsorted", "--stdin"];
  await scratch.mustRun(["rev-list", ...listing], {
    feed: feedLines(objectIds),
    onOutput: byLine((line) => {
      if (line.startsWith("?")) absent.add(line.slice(1));
      else present.add(line);
    }),
  });
  return { present, absent };
}

/** Packs them, then indexes the pack again: that computes every id from the content, whatever the slot called it. */
async function copyObjects(
  ids: ReadonlySet<string>,
  scratch: ScratchRepository,
  target: ScratchRepository,
): Promise<void> {
  if (ids.size === 0) return;
  await scratch.mustRun(["pack-objects", "--quiet", "--window=0", join(target.packs, "pack")], {
    settings: ["pack.compression=1", "pack.threads=1"],
    feed: feedLines(ids),
  });
  for (const name of listAllNames(target.packs)) {
    if (name.endsWith(".pack")) await target.mustRun(["index-pack", join(target.packs, name)]);
    else rmSync(join(target.packs, name));
  }
}
