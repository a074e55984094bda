import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readGitConfig } from "../../git/config/git-config.ts";
import { readOtherRemotes } from "../../git/config/remotes.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { listOtherIndexes } from "../../git/index/other-indexes.ts";
import { indexPath, submoduleMode, type StagedEntry } from "../../git/index/staged-entries.ts";
import { listStagedChanges } from "../../git/index/staged-changes.ts";
import { readAlternates } from "../../git/objects/alternates.ts";
import {
  objectTypes,
  readAllObjectTypes,
  readObjectTypes,
  type ObjectType,
} from "../../git/objects/object-batch.ts";
import { listIdsApart } from "../../git/objects/ids-apart.ts";
import { listClosure } from "../../git/objects/pack-copies.ts";
import { readYoungPacks } from "../../git/packs/young-packs.ts";
import { readJujutsuIds } from "../../git/refs/jujutsu-ids.ts";
import { isTrackingRef } from "../../git/refs/refspec.ts";
import { readReflog, reflogPath } from "../../git/refs/reflog.ts";
import { selectIdsOfRefs } from "../../git/refs/remote-commits.ts";
import { formatShallow, readShallow, shallowPath } from "../../git/refs/shallow.ts";
import { readWorkTips, type WorkTips } from "../../git/refs/tips.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { listDroppedStashes } from "../../inspection/deep/dropped-stashes.ts";
import { isPlainObjectStore } from "../../git/special-files.ts";
import { listAllNames } from "../../platform/directory.ts";
import type { SalvageManifest } from "../salvage-manifest.ts";
import { dropBase, type Base } from "../bases/base-store.ts";
import { borrowHistory } from "./borrow-history.ts";
import { fileHistory, type FiledHistory } from "./file-history.ts";
import { findExcluded } from "./find-excluded.ts";
import type { HeadTree, ObjectTree } from "./import-files.ts";
import { recoverObjects } from "./recover-objects.ts";
import type { SalvageSource } from "./salvage-source.ts";
import { isTreePath, sortTreeEntries } from "./tree-entries.ts";
import type { TrackedFiles } from "../../git/index/tracked-files.ts";
import { readTrackedFiles } from "./read-tracked-files.ts";
import { readStagedContent, type StagedContent } from "./staged-content.ts";
import { SlotReader, uncachedReader } from "../../platform/slot-reader.ts";

/** What was saved of a repository apart from its files. */
export interface SavedRepository {
  readonly tips: WorkTips;
  readonly history: FiledHistory | undefined;
  readonly kind: SalvageManifest["history"];
  readonly baseCommits: readonly string[];
  readonly damage: string | null;
  readonly staged: StagedContent;
  readonly excluded: readonly Buffer[];
  /** Undefined if every file has to be read. */
  readonly tracked: TrackedFiles | undefined;
  /** Undefined if its files, or what the index has instead, are not known. */
  readonly head: HeadTree | undefined;
  /** What it borrows of the store of bases; undefined if nothing. */
  readonly base: Base | undefined;
  /** By how many bytes the store of bases grew. */
  readonly baseBytes: number;
}

/** Of a slot without a repository. */
export const noRepository: SavedRepository = {
  tips: { branch: undefined, commit: undefined, refs: [], stashes: [], otherIds: new Set(), faults: [] },
  history: undefined,
  kind: "none",
  baseCommits: [],
  damage: null,
  staged: { kind: "missing" },
  excluded: [],
  tracked: undefined,
  head: undefined,
  base: undefined,
  baseBytes: 0,
};

/**
 * Saves the objects that the slot may be the only one to have, and their names. A sound repository is borrowed from; of a
 * damaged one, everything that can be read is copied. `directory` is for what is needed on the way.
 */
export async function saveRepository(
  source: SalvageSource & { readonly directories: GitDirectories },
  directory: string,
  target: ScratchRepository,
): Promise<SavedRepository> {
  const { gitDirectory, commonDirectory } = source.directories;
  const tips = readWorkTips(source.directories);
  const objectsDirectory = join(commonDirectory, "objects");
  const scratch = target.createOther(directory);
  borrowFrom(source.directories, scratch);
  const others = await readOtherIndexes(source, scratch);
  const staged = await readStagedContent(indexPath(gitDirectory), scratch);
  const tracked = await readTrackedFiles({ path: source.path, commonDirectory, staged }, scratch);
  const excluded = await findExcluded({ path: source.path, gitDirectory, staged }, source.exclude, scratch);
  const changes = await findStagedChanges(staged, tips, scratch);
  const slot = {
    scratch,
    objectsDirectory,
    tips,
    remoteIds: readRemoteIds(source, tips),
    idsApart: [...listIdsApart(objectsDirectory, target.format.idBytes)],
    findIdsInPacks: () => listApartInPacks(source, scratch),
    namedIds: [
      ...[selectStaged(staged, changes), ...others].flatMap(listStagedIds),
      ...readJujutsuIds(source.path, target.format.idBytes),
    ],
    unnamedTypes: selectUnnamedTypes(source.directories, [staged, ...others]),
    bases: source.bases,
  };
  const borrowed = await borrowHistory(slot, target);
  if (borrowed.kind === "saved") {
    const history = await fileHistory(tips, borrowed, target);
    const { baseCommits, objects, base } = borrowed;
    const head = await describeHead(history, { staged, changes }, target);
    const common = { tips, history, staged, excluded, tracked, head, damage: null };
    return { ...common, kind: "unpushed", baseCommits, base, baseBytes: objects.addedBytes };
  }
  for (const name of listAllNames(target.packs)) rmSync(join(target.packs, name));
  dropBase(target);
  await recoverObjects({ scratch, objectsDirectory, poolDirectory: source.poolDirectory }, target);
  const history = await fileHistory(tips, { objects: await readAllObjectTypes(target.source) }, target);
  const common = { tips, history, staged, excluded, tracked, head: undefined, damage: borrowed.detail };
  return { ...common, kind: "everything_readable", baseCommits: [], base: undefined, baseBytes: 0 };
}

/**
 * What a remote has, by the refs that track it. A ref such as `refs/remotes/git-svn` tracks none: no fetch brings back what
 * it names. Without a configuration it cannot be told which are such, and a repository is not copied whole for that.
 */
function readRemoteIds(
  { directories: { commonDirectory }, path }: { directories: GitDirectories; path: string },
  { refs }: WorkTips,
): Set<string> {
  if (readGitConfig(commonDirectory) === undefined)
    return new Set(refs.filter(({ name }) => isTrackingRef(name)).map(({ objectId }) => objectId));
  const remotes = readOtherRemotes(commonDirectory, { workTree: path, root: path });
  const reader = new SlotReader();
  return selectIdsOfRefs(
    refs.map(({ name, objectId }) => [name, objectId]),
    remotes,
    (ref) => {
      const log = reflogPath(commonDirectory, ref);
      // Most refs of a clone have no log, which the listing of their folder tells for all of them.
      reader.readDirectory(dirname(log));
      return readReflog(reader, log).at(-1);
    },
  );
}

/** Contents that nothing led to when they were packed, and the dropped stashes of work trees that share a repository. */
async function listApartInPacks(
  { directories: { gitDirectory, commonDirectory }, path }: SalvageSource & { directories: GitDirectories },
  scratch: ScratchRepository,
): Promise<string[]> {
  const remotes = readOtherRemotes(commonDirectory, { workTree: path, root: path });
  const packs = readYoungPacks({ commonDirectory, remotes, idBytes: scratch.format.idBytes });
  const { types } = await readObjectTypes(scratch.source, packs.ids);
  const select = (...wanted: readonly ObjectType[]): string[] =>
    [...types].flatMap(([id, type]) => (wanted.includes(type) ? [id] : []));
  const { present } = await listClosure(select("commit"), scratch);
  const contents = select("blob", "tree").filter((id) => !present.has(id) && !packs.isInOlder(id));
  if (gitDirectory === commonDirectory) return contents;
  return [...contents, ...(await listDroppedStashes(commonDirectory, packs, scratch)).keys()];
}

/** What an index named that is lost or cannot be read is told from the rest by this alone: that nothing else names it. */
function selectUnnamedTypes(
  { gitDirectory, commonDirectory }: GitDirectories,
  indexes: readonly StagedContent[],
): readonly ObjectType[] {
  if (indexes.some(({ kind }) => kind !== "read")) return objectTypes;
  const { directories: borrowed } = readAlternates(uncachedReader, join(commonDirectory, "objects"));
  return gitDirectory === commonDirectory && borrowed.length === 0 ? ["commit"] : [];
}

/**
 * Borrows the slot's objects, unless git could be led astray among them; of refs and settings it borrows nothing. Objects
 * are copied from there into the salvage's own repository; files never are, since a damaged object of the slot would be
 * taken for a file's content.
 */
function borrowFrom({ commonDirectory }: GitDirectories, scratch: ScratchRepository): void {
  const objects = join(commonDirectory, "objects");
  if (isPlainObjectStore(objects)) scratch.borrow(objects);
  const shallow = readShallow(uncachedReader, commonDirectory);
  const commits = shallow.kind === "valid" || shallow.kind === "damaged" ? shallow.commits : [];
  if (commits.length > 0) writeFileSync(shallowPath(scratch.directory), formatShallow(commits));
}

/** What indexes name beside the one of the work tree: the objects lie in this slot alone. */
async function readOtherIndexes(
  { directories, path }: SalvageSource & { readonly directories: GitDirectories },
  scratch: ScratchRepository,
): Promise<StagedContent[]> {
  const read: StagedContent[] = [];
  for (const other of listOtherIndexes(directories, path)) {
    scratch.dropIndex();
    read.push(await readStagedContent(other.path, scratch));
  }
  scratch.dropIndex();
  return read;
}

/** What the index has of HEAD's commit comes with that. Undefined if it cannot be told what that is. */
async function findStagedChanges(
  staged: StagedContent,
  { commit }: WorkTips,
  scratch: ScratchRepository,
): Promise<ReadonlySet<string> | undefined> {
  if (staged.kind !== "read" || commit === undefined) return undefined;
  return listStagedChanges(scratch, commit);
}

function selectStaged(staged: StagedContent, changes: ReadonlySet<string> | undefined): StagedContent {
  if (staged.kind !== "read" || changes === undefined) return staged;
  const entries = staged.entries.filter(({ path }) => changes.has(path.toString("latin1")));
  return { ...staged, entries };
}

function listStagedIds(staged: StagedContent): string[] {
  if (staged.kind !== "read") return [];
  return [...staged.entries, ...staged.resolved]
    .filter(({ mode }) => mode !== submoduleMode)
    .map(({ objectId }) => objectId);
}

/** Only if all of it is in the salvage, and each path is one that git gives to a file of a tree. */
async function describeHead(
  { commit, absentIds }: FiledHistory,
  { staged, changes }: { staged: StagedContent; changes: ReadonlySet<string> | undefined },
  target: ScratchRepository,
): Promise<HeadTree | undefined> {
  if (commit === undefined || changes === undefined || staged.kind !== "read" || absentIds.size > 0)
    return undefined;
  const paths = staged.entries.map(({ path }) => path.toString("latin1"));
  if (![...paths, ...changes].every(isTreePath)) return undefined;
  const { stdout } = await target.mustRun(["rev-parse", "--verify", "--quiet", `${commit}^{tree}`]);
  return { tree: stdout.trim(), changes, paths };
}

/** Names staged content and objects of no commit, so that git does not collect them. */
export function listTrees({ staged, history, head }: SavedRepository): ObjectTree[] {
  if (history === undefined) return [];
  const selected = selectStaged(staged, head?.changes);
  const entries = selected.kind === "read" ? selected.entries : [];
  const isSaved = (entry: { mode: string; objectId: string }): boolean =>
    entry.mode === submoduleMode || history.types.get(entry.objectId) === "blob";
  const index = sortTreeEntries(entries.filter((entry) => entry.stage === 0 && isSaved(entry)));
  const conflicts = sortTreeEntries(
    entries.filter((entry) => entry.stage !== 0 && isSaved(entry)).map(byStage),
  );
  const unreferenced = history.unreferencedIds.map((objectId) => {
    const isTree = history.types.get(objectId) === "tree";
    return { mode: isTree ? "040000" : "100644", objectId, path: Buffer.from(objectId) };
  });
  const removed = [...(head?.changes ?? [])].map((path) => Buffer.from(path, "latin1"));
  const trees: ObjectTree[] = [
    { ref: "refs/salvage/index", ...(head && { start: { tree: head.tree, removed } }), entries: index.plain },
    { ref: "refs/salvage/index-odd", entries: index.odd },
    { ref: "refs/salvage/conflicts", entries: conflicts.plain },
    { ref: "refs/salvage/conflicts-odd", entries: conflicts.odd },
    { ref: "refs/salvage/unreferenced", entries: unreferenced },
  ];
  return trees.filter(({ start, entries: ofTree }) => start !== undefined || ofTree.length > 0);
}

function byStage(entry: StagedEntry): StagedEntry {
  return { ...entry, path: Buffer.concat([Buffer.from(`${entry.stage}/`), entry.path]) };
}
