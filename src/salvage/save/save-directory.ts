import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { GitDirectories } from "../../git/git-directory.ts";
import { syncDirectory, writeFileAtomic } from "../../platform/atomic-file.ts";
import { objectFormatOf, readRepositoryFormat } from "../../git/config/repository-format.ts";
import { submoduleMode } from "../../git/index/staged-entries.ts";
import { looseIds } from "../../git/objects/loose-object.ts";
import { listOperations } from "../../git/operations.ts";
import { readWorkTips, type WorkTips } from "../../git/refs/tips.ts";
import { listAllNames } from "../../platform/directory.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { writeStoredFile } from "../../platform/stored-file.ts";
import { releaseClaim } from "../abandoned-salvage.ts";
import { borrowHistory } from "./borrow-history.ts";
import { fileHistory, type FiledHistory } from "./file-history.ts";
import { findExcluded } from "./find-excluded.ts";
import { importFiles, type FileSource, type ImportedFiles, type ObjectTree } from "./import-files.ts";
import { recoverObjects } from "./recover-objects.ts";
import {
  checksumsName,
  computeChecksums,
  fileListName,
  formatChecksums,
  manifestName,
  repositoryName,
  salvageManifestFormat,
  type SalvageManifest,
} from "../salvage-manifest.ts";
import {
  createBorrowingRoom,
  createSalvageRepository,
  isPlainObjectStore,
  type SalvageRepository,
} from "./salvage-repository.ts";
import { formatSavedFile, shownPath, type SavedFile } from "./saved-file.ts";
import { readStagedContent, type StagedContent } from "./staged-content.ts";

/** What is to be saved: a slot where it stands, or one in quarantine. */
export interface SalvageSource {
  /** The work tree. */
  readonly path: string;
  /** Nothing outside is read, except objects that git borrows from there. */
  readonly poolDirectory: string;
  readonly directories: GitDirectories | undefined;
  readonly recordPath: string;
  readonly exclude: readonly string[];
  readonly signal: AbortSignal;
}

export type SalvageSubject = Pick<
  SalvageManifest,
  "id" | "slot_id" | "repo_name" | "repo_url" | "created_at" | "reason"
>;

const noTips: WorkTips = {
  branch: undefined,
  commit: undefined,
  refs: [],
  stashes: [],
  otherIds: new Set(),
  faults: [],
};

/**
 * Writes a whole salvage into a new folder, on disk when it resolves. @throws where anything that is readable could not
 * be saved; the folder is then of no use.
 */
export async function saveDirectory(
  source: SalvageSource,
  subject: SalvageSubject,
  folder: string,
): Promise<SalvageManifest> {
  const room = join(folder, "room");
  mkdirSync(room, { recursive: true, mode: 0o700 });
  const { directories, signal } = source;
  const tips = directories === undefined ? noTips : readWorkTips(directories);
  const objectFormat =
    directories === undefined ? "sha1" : objectFormatOf(readRepositoryFormat(directories.commonDirectory));
  const target = createSalvageRepository(join(folder, repositoryName), objectFormat, signal);
  const saved = await saveRepository({ source, tips, room: join(room, "repository.git") }, target);
  const imported = await importFiles(
    {
      sources: listSources(source, saved.excluded),
      trees: listTrees(saved.staged, saved.history),
      createdAt: new Date(subject.created_at),
    },
    target,
  );
  requireWhole(imported);
  rmSync(room, { recursive: true, force: true });
  releaseClaim(folder);
  const lines = imported.files.map((file) => `${formatSavedFile(file)}\n`);
  writeFileSync(join(folder, fileListName), lines.join(""), { mode: 0o600 });
  const manifest = describe({ source, subject, tips, imported, ...saved }, objectFormat);
  return seal(folder, manifest);
}

interface SavedRepository {
  readonly history: FiledHistory | undefined;
  readonly kind: SalvageManifest["history"];
  readonly baseCommits: readonly string[];
  readonly damage: string | null;
  readonly staged: StagedContent;
  readonly excluded: readonly Buffer[];
}

async function saveRepository(
  { source, tips, room }: { source: SalvageSource; tips: WorkTips; room: string },
  target: SalvageRepository,
): Promise<SavedRepository> {
  const { directories, signal } = source;
  if (directories === undefined) {
    const nothing = { history: undefined, kind: "none" as const, baseCommits: [], damage: null };
    return { ...nothing, staged: { kind: "missing" }, excluded: [] };
  }
  const { gitDirectory, commonDirectory } = directories;
  const slotObjects = join(commonDirectory, "objects");
  const objectsDirectory = isPlainObjectStore(slotObjects)
    ? slotObjects
    : join(target.gitDirectory, "objects");
  createBorrowingRoom(room, { objectsDirectory, commonDirectory, objectFormat: target.objectFormat });
  const staged = await readStagedContent({ gitDirectory, room }, signal);
  const excluded = await findExcluded(
    { path: source.path, gitDirectory, room, staged },
    source.exclude,
    signal,
  );
  const stagedIds = listStagedIds(staged);
  const found = new Set(looseIds(slotObjects));
  const slot = { room, objectsDirectory: slotObjects, tips, looseIds: found, stagedIds };
  const borrowed = await borrowHistory(slot, target);
  if (borrowed.kind === "saved") {
    const history = await fileHistory(tips, target);
    const lost = [...history.absentIds].find((id) => !borrowed.absentIds.has(id));
    if (lost !== undefined) throw new Error(`object ${lost} did not arrive in the salvage`);
    const { baseCommits } = borrowed;
    return { history, kind: "unpushed", baseCommits, damage: null, staged, excluded };
  }
  rmSync(join(target.gitDirectory, "objects", "pack"), { recursive: true });
  mkdirSync(join(target.gitDirectory, "objects", "pack"));
  await recoverObjects({ ...slot, poolDirectory: source.poolDirectory }, target);
  const history = await fileHistory(tips, target);
  const damage = borrowed.detail;
  return { history, kind: "everything_readable", baseCommits: [], damage, staged, excluded };
}

function listStagedIds(staged: StagedContent): string[] {
  if (staged.kind !== "read") return [];
  return staged.entries.filter(({ mode }) => mode !== submoduleMode).map(({ objectId }) => objectId);
}

function listSources(source: SalvageSource, excluded: readonly Buffer[]): FileSource[] {
  const { path, recordPath, directories } = source;
  const left = new Set(excluded.map((each) => each.toString("latin1")));
  const hasOwnRepository = directories?.gitDirectory === join(path, ".git");
  const hasRecordInside = dirname(recordPath) === path;
  const work: FileSource = {
    root: "work",
    directory: path,
    isLeftOut: (entry, kind) =>
      left.has(entry.toString("latin1")) ||
      (hasOwnRepository && kind === "directory" && isNamed(entry, ".git")) ||
      (hasRecordInside && kind === "other" && isNamed(entry, "slot.json")),
  };
  const record: FileSource = {
    root: "record",
    directory: dirname(recordPath),
    isLeftOut: (entry, kind) => kind === "directory" || !isNamed(entry, "slot.json"),
  };
  return [work, record, ...listRepositorySources(directories)];
}

/** Everything of the repository but its objects, for people: settings, hooks, logs, operations, other tools' files. */
function listRepositorySources(directories: GitDirectories | undefined): FileSource[] {
  if (directories === undefined) return [];
  const { gitDirectory, commonDirectory } = directories;
  const isObjects = (path: Buffer, kind: string): boolean => kind === "directory" && isNamed(path, "objects");
  const own: FileSource = { root: "git", directory: gitDirectory, isLeftOut: isObjects };
  if (commonDirectory === gitDirectory) return [own];
  const isOfOthers = (path: Buffer, kind: string): boolean =>
    isObjects(path, kind) || (kind === "directory" && isNamed(path, "worktrees"));
  return [own, { root: "common", directory: commonDirectory, isLeftOut: isOfOthers }];
}

function isNamed(path: Buffer, name: string): boolean {
  return path.toString("latin1") === name;
}

/** Keeps staged content and what no commit leads to from being taken for garbage. */
function listTrees(staged: StagedContent, history: FiledHistory | undefined): ObjectTree[] {
  if (history === undefined) return [];
  const entries = staged.kind === "read" ? staged.entries : [];
  const isSaved = (entry: { mode: string; objectId: string }): boolean =>
    entry.mode === submoduleMode || history.types.get(entry.objectId) === "blob";
  const index = entries.filter((entry) => entry.stage === 0 && isSaved(entry));
  const conflicts = entries.filter((entry) => entry.stage !== 0 && isSaved(entry));
  const unreferenced = history.unreferencedIds.map((objectId) => {
    const isTree = history.types.get(objectId) === "tree";
    return { mode: isTree ? "040000" : "100644", objectId, path: Buffer.from(objectId) };
  });
  const trees: ObjectTree[] = [
    { ref: "refs/salvage/index", entries: index },
    {
      ref: "refs/salvage/conflicts",
      entries: conflicts.map((entry) => ({
        ...entry,
        path: Buffer.concat([Buffer.from(`${entry.stage}/`), entry.path]),
      })),
    },
    { ref: "refs/salvage/unreferenced", entries: unreferenced },
  ];
  return trees.filter(({ entries: ofTree }) => ofTree.length > 0);
}

/** @throws where a file was written meanwhile, or could not be reached although it is readable. */
function requireWhole({ changed, obstacles }: ImportedFiles): void {
  const [first] = changed;
  if (first !== undefined) {
    const more = changed.length > 1 ? ` and ${changed.length - 1} more` : "";
    throw new Error(`${shownPath(first.root, first.path)}${more} changed while it was being saved`);
  }
  const deep = obstacles.find(({ kind }) => kind === "too_deep");
  if (deep !== undefined) throw new Error(`${shownPath(deep.root, deep.path)} lies too deep`);
  const root = obstacles.find(({ kind, path }) => kind === "unreadable" && path.length === 0);
  if (root?.root === "work") throw new Error(`the work tree cannot be read (${root.found})`);
}

const mostListed = 1_000;

function describe(
  parts: SavedRepository & {
    source: SalvageSource;
    subject: SalvageSubject;
    tips: WorkTips;
    imported: ImportedFiles;
  },
  objectFormat: SalvageManifest["object_format"],
): Omit<SalvageManifest, "bytes"> {
  const { source, subject, tips, imported, history, staged } = parts;
  const named = (refs: WorkTips["refs"]) => refs.map(({ name, objectId }) => ({ name, object: objectId }));
  const told = (kind: "special" | "unreadable") =>
    imported.obstacles
      .filter((obstacle) => obstacle.kind === kind)
      .map(({ root, path, found }) => ({ path: shownPath(root, path), found }));
  const absent = [...(history?.absentIds ?? [])];
  const { directories } = source;
  return {
    schema_version: salvageManifestFormat.version,
    ...subject,
    source: source.path,
    complete: true,
    object_format: objectFormat,
    branch: tips.branch ?? null,
    commit: history?.commit ?? null,
    base_commits: parts.baseCommits,
    history: parts.kind,
    refs: named(history?.refs ?? []),
    refs_not_saved: named(history?.otherRefs ?? []).slice(0, mostListed),
    stashes: (history?.stashes ?? []).map(({ objectId, message }) => ({ object: objectId, message })),
    index: staged.kind === "read" ? "saved" : staged.kind,
    operations_in_progress: directories === undefined ? [] : listOperations(directories.gitDirectory),
    files: countFiles(imported.files),
    excluded: parts.excluded.map((path) => shownPath("work", path)),
    special_files: told("special"),
    unreadable_files: told("unreadable"),
    missing_objects: { count: absent.length, first: absent.slice(0, mostListed) },
    damage: parts.damage,
  };
}

function countFiles(files: readonly SavedFile[]): SalvageManifest["files"] {
  const ofWork = files.filter(({ root, kind }) => root === "work" && kind !== "directory");
  return { count: ofWork.length, bytes: ofWork.reduce((sum, { bytes = 0 }) => sum + bytes, 0) };
}

/** Checksums of everything, and everything on disk, before anybody may rely on it. */
function seal(folder: string, described: Omit<SalvageManifest, "bytes">): SalvageManifest {
  const { checksums, bytes } = computeChecksums(folder);
  const manifest = { ...described, bytes };
  writeStoredFile(join(folder, manifestName), salvageManifestFormat, manifest);
  for (const [path, checksum] of computeChecksums(folder).checksums) checksums.set(path, checksum);
  writeFileAtomic(join(folder, checksumsName), formatChecksums(checksums), { mode: 0o600 });
  for (const directory of listDirectories(folder)) syncDirectory(directory);
  return manifest;
}

function listDirectories(folder: string): string[] {
  const below = listAllNames(folder)
    .map((name) => join(folder, name))
    .filter((path) => readEntry(path).kind === "directory");
  return [folder, ...below.flatMap(listDirectories)];
}
