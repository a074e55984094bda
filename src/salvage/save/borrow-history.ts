import { dirname, join } from "node:path";
import { feedLines } from "../../git/run/feed-git.ts";
import { byLine } from "../../git/run/split-output.ts";
import { readObjectTypes, type BatchSource, type ObjectType } from "../../git/objects/object-batch.ts";
import { asError } from "../../platform/coded-error.ts";
import { copyProven, listClosure, listNewObjects } from "../../git/objects/pack-copies.ts";
import { readObjectLinks } from "../../git/objects/object-links.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { isPlainObjectStore } from "../../git/special-files.ts";
import { packedRefsPath } from "../../git/refs/packed-refs.ts";
import { readRegularFile } from "../../platform/regular-file.ts";
import type { WorkTips } from "../../git/refs/tips.ts";
import { listAllNames } from "../../platform/directory.ts";
import type { Base, BaseStore, KeptBase } from "../bases/base-store.ts";

export type BorrowedHistory =
  | {
      readonly kind: "saved";
      /** Commits that the remote has; their trees are saved, what came before them is not. */
      readonly baseCommits: readonly string[];
      /** Objects that the slot never had, as in a partial clone. */
      readonly absentIds: ReadonlySet<string>;
      /** What the salvage has now, or borrows from the store of bases. */
      readonly objects: KeptBase;
      /** What it borrows; undefined if nothing. */
      readonly base: Base | undefined;
    }
  /** Something cannot be read: each object has to be looked at by itself. */
  | { readonly kind: "damaged"; readonly detail: string };

export interface BorrowedSlot {
  /** It borrows the slot's objects. */
  readonly scratch: ScratchRepository;
  readonly objectsDirectory: string;
  readonly tips: WorkTips;
  /** What tracking refs of a remote name. */
  readonly remoteIds: ReadonlySet<string>;
  /** Objects outside of packs: nothing may name them any more. */
  readonly idsApart: readonly string[];
  /** Objects in packs that nothing names any more. @throws if git cannot read what the packs hold */
  readonly findIdsInPacks: () => Promise<readonly string[]>;
  /** What an index names, or another tool's log; some of it may never have been here. */
  readonly namedIds: readonly string[];
  /**
   * Types of the objects to save that nothing names: commits, if nobody else's are among those that git finds; all, if what
   * an index named is not known.
   */
  readonly unnamedTypes: readonly ObjectType[];
  /** Keeps the commits that the remote has; without it they are copied into the salvage. */
  readonly bases?: BaseStore | undefined;
}

/**
 * Copies what the remote does not have out of a sound repository: everything that any ref, reflog, index entry or object
 * apart leads to, except what remote-tracking refs lead to, and the trees of the commits that the rest stands on.
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
  { scratch, objectsDirectory, tips, remoteIds, namedIds, unnamedTypes, bases, ...slot }: BorrowedSlot,
  target: ScratchRepository,
): Promise<BorrowedHistory> {
  const idsApart = new Set([...slot.idsApart, ...(await slot.findIdsInPacks())]);
  const refIds = tips.refs.map(({ objectId }) => objectId);
  const needed = new Set([...refIds, ...idsApart, ...(tips.commit === undefined ? [] : [tips.commit])]);
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
  const tags = await selectTags({ idsApart, types, unpushed: unpushed.commits }, scratch.source);
  const isOther = (id: string): boolean => types.get(id) === "tree" || types.get(id) === "blob";
  const own = findOwnCommits(tips, types);
  const baseCommits = [...new Set([...unpushed.bases, ...own])].filter((id) => !unpushed.commits.has(id));
  const others = [...tags, ...[...types.keys()].filter(isOther)];
  const work = { commits: [...unpushed.commits], others, baseCommits };
  return {
    kind: "saved",
    baseCommits,
    ...(await copyWork(work, { scratch, objectsDirectory, target, bases })),
  };
}

/** The base goes into the store of bases, if there is one; what stands on it into the salvage. */
async function copyWork(
  work: { commits: readonly string[]; others: readonly string[]; baseCommits: readonly string[] },
  {
    scratch,
    objectsDirectory,
    target,
    bases,
  }: Pick<BorrowedSlot, "scratch" | "objectsDirectory" | "bases"> & { readonly target: ScratchRepository },
): Promise<Pick<Extract<BorrowedHistory, { kind: "saved" }>, "absentIds" | "objects" | "base">> {
  const { commits, others, baseCommits } = work;
  const closure = await listClosure(baseCommits, scratch);
  const hasStore = bases !== undefined && closure.present.size > 0;
  const shared = hasStore ? await storeSharedFiles(objectsDirectory, scratch) : [];
  const objectIds = new Set([...closure.present, ...shared]);
  const base = { commits: baseCommits, objects: shared, objectIds };
  const news = await listNewObjects(commits, baseCommits, scratch);
  const rest = await listClosure(others, scratch);
  const ids = new Set([...news.present, ...rest.present]);
  const kept = hasStore ? await bases.keep(base, scratch, target) : undefined;
  for (const id of closure.present)
    if (kept === undefined) ids.add(id);
    else ids.delete(id);
  await copyProven(ids, scratch, target);
  const copied = await readObjectTypes(target.source, ids);
  const lost = [...ids].find((id) => !copied.types.has(id));
  if (lost !== undefined) throw new Error(`object ${lost} did not arrive in the salvage`);
  const objects = {
    types: new Map([...(kept?.types ?? []), ...copied.types]),
    blobBytes: new Map([...(kept?.blobBytes ?? []), ...copied.blobBytes]),
    addedBytes: kept?.addedBytes ?? 0,
  };
  const absentIds = new Set([...closure.absent, ...news.absent, ...rest.absent]);
  return { absentIds, objects, base: kept === undefined ? undefined : base };
}

/** Smaller than this, a file costs a salvage less than the store of bases. */
const leastSharedBytes = 64 * 1024;
const mostSharedBytes = 256 * 1024 * 1024;

/** The list of packed refs is the same for many salvages, and in a large repository most of what one would hold. */
async function storeSharedFiles(objectsDirectory: string, scratch: ScratchRepository): Promise<string[]> {
  const path = packedRefsPath(dirname(objectsDirectory));
  const reading = readRegularFile(path, { maxBytes: mostSharedBytes });
  if (reading.kind !== "content" || reading.content.length < leastSharedBytes) return [];
  const { content: input } = reading;
  const { stdout } = await scratch.mustRun(["hash-object", "-w", "--stdin"], { input });
  return [stdout.trim()];
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
  const branches = tips.refs.filter(({ name }) => !/^refs\/(?:prefetch|remotes|tags)\//.test(name));
  const ids = [
    ...branches.map(({ objectId }) => objectId),
    ...(tips.commit === undefined ? [] : [tips.commit]),
  ];
  return ids.filter((id) => types.get(id) === "commit");
}

/**
 * Tag objects that are the slot's own: those apart, and those on unpushed commits. The rest came with the clone; each
 * would bring the files of a release along.
 */
async function selectTags(
  slot: {
    idsApart: ReadonlySet<string>;
    types: ReadonlyMap<string, ObjectType>;
    unpushed: ReadonlySet<string>;
  },
  source: BatchSource,
): Promise<string[]> {
  const tags = [...slot.types].flatMap(([id, type]) => (type === "tag" ? [id] : []));
  if (slot.unpushed.size === 0) return tags.filter((id) => slot.idsApart.has(id));
  const targets = await readObjectLinks(source, tags);
  const isOwn = (id: string): boolean =>
    slot.idsApart.has(id) || (targets.get(id) ?? []).some((target) => slot.unpushed.has(target));
  return tags.filter(isOwn);
}
