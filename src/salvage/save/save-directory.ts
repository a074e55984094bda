import { rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { readRepositoryFormat } from "../../git/config/repository-format.ts";
import { hashAlgorithm } from "../../git/objects/object-id.ts";
import { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { syncDirectory, writeFileAtomic } from "../../platform/atomic-file.ts";
import { encodeBytes } from "../../platform/byte-text.ts";
import { listAllNames } from "../../platform/directory.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { writeStoredFile } from "../../platform/stored-file.ts";
import {
  checksumsName,
  computeChecksums,
  fileListName,
  formatChecksums,
  hashFile,
  manifestName,
  repositoryName,
  salvageManifestFormat,
  type SalvageManifest,
} from "../salvage-manifest.ts";
import { copyBorrowed } from "../bases/copy-borrowed.ts";
import { describeSalvage, type SalvageSubject } from "./describe-salvage.ts";
import { importFiles, type ImportedFiles, type KnownFiles, type PlacedPath } from "./import-files.ts";
import { listTrees, noRepository, saveRepository, type SavedRepository } from "./save-repository.ts";
import { listSources, type SalvageSource } from "./salvage-source.ts";
import { formatSavedFile, formatUnchangedFiles, shownPath } from "./saved-file.ts";

/** Files changed while they were saved: a later attempt may succeed. */
export class WorkChangedError extends Error {}

/** What one git command of a salvage may take; the signal bounds them all together. */
export const commandTimeoutSeconds = 3600;

/** Looks again at what was saved. @returns a path that came or changed since; undefined if none did. */
export type FindLateChange = (below?: string) => string | undefined;

export interface SavedDirectory {
  readonly manifest: SalvageManifest;
  readonly findLateChange: FindLateChange;
}

/**
 * Writes a whole salvage into a new folder; it is on disk when this resolves, and still claimed. @throws if anything readable
 * could not be saved; the folder is then incomplete.
 */
export async function saveDirectory(
  source: SalvageSource,
  subject: SalvageSubject,
  folder: string,
): Promise<SavedDirectory> {
  const { directories, signal, room } = source;
  const idBytes = directories === undefined ? 20 : readRepositoryFormat(directories.commonDirectory).idBytes;
  // It stands alone: what a partial clone lacks is named in the manifest, and asked of nobody.
  const format = { idBytes, isPartial: false };
  const limits = { timeoutSeconds: commandTimeoutSeconds, signal };
  const target = new ScratchRepository(join(folder, repositoryName), format, limits);
  const onTheWay = join(folder, "scratch");
  const saved =
    directories === undefined
      ? noRepository
      : await saveRepository({ ...source, directories }, onTheWay, target);
  const sources = listSources(source, saved.excluded);
  const createdAt = new Date(subject.created_at);
  const work = { sources, trees: listTrees(saved), known: describeKnown(saved), createdAt, signal, room };
  const imported = await importFiles(work, target);
  requireWhole(imported);
  if (saved.base !== undefined) await copyBorrowed(saved.base, target);
  rmSync(onTheWay, { recursive: true, force: true });
  const { unchanged } = imported;
  const lines = [
    ...(unchanged === undefined ? [] : [formatUnchangedFiles(unchanged)]),
    ...imported.files.map(formatSavedFile),
  ];
  const list = lines.map((line) => `${line}\n`).join("");
  writeFileSync(join(folder, fileListName), gzipSync(list, { level: 1 }), { mode: 0o600 });
  const described = describeSalvage({ source, subject, imported, saved }, hashAlgorithm(idBytes));
  const manifest = seal(folder, described, saved.baseBytes);
  return { manifest, findLateChange: (below) => findLateChange(imported, source.path, below) };
}

/**
 * Of what a clean-up writes over or removes: files of the work tree, and the index. `below`: of this directory's files
 * alone.
 */
function findLateChange(
  { listLateChanges }: ImportedFiles,
  workTree: string,
  below?: string,
): string | undefined {
  const folder = below === undefined ? undefined : encodeBytes(`${relative(workTree, below)}/`);
  const isAtStake = ({ root, path }: PlacedPath): boolean => {
    if (folder !== undefined) return root === "work" && path.indexOf(folder) === 0;
    return root === "work" || (root === "git" && path.toString("latin1") === "index");
  };
  const change = listLateChanges().find(isAtStake);
  return change && shownPath(change.root, change.path);
}

/** A file is its blob if the salvage has that, in the file's size: git may convert line ends. */
function describeKnown({ tracked, history, head }: SavedRepository): KnownFiles | undefined {
  if (tracked === undefined || history === undefined) return undefined;
  const findUnchanged: KnownFiles["findUnchanged"] = (path, stats) => {
    const file = tracked.findUnchanged(path, stats);
    return file !== undefined && history.blobBytes.get(file.objectId) === file.bytes ? file : undefined;
  };
  return { index: tracked.index, findUnchanged, head };
}

/** What may not be read is whole, and a clean-up can remove it all the same. */
const rightsErrors: readonly string[] = ["EACCES", "EPERM"];

/**
 * The main repository of a worktree pool is written by the agents of all its slots: what they write there is no change of
 * this slot. Its refs and objects are saved apart, these files for people.
 * @throws if a file was written meanwhile, or could not be reached although it is readable.
 */
function requireWhole({ changed, obstacles }: ImportedFiles): void {
  const [first, ...others] = changed.filter(({ root }) => root !== "common");
  if (first !== undefined) {
    const more = others.length > 0 ? ` and ${others.length} more` : "";
    throw new WorkChangedError(
      `${shownPath(first.root, first.path)}${more} changed while it was being saved`,
    );
  }
  const deep = obstacles.find(({ kind }) => kind === "too_deep");
  if (deep !== undefined) throw new Error(`${shownPath(deep.root, deep.path)} lies too deep`);
  const closed = obstacles.find(({ kind, root, path, found }) => {
    const isWhole = path.length === 0 || rightsErrors.includes(found);
    return kind === "unreadable" && root === "work" && isWhole;
  });
  if (closed !== undefined)
    throw new Error(`${shownPath("work", closed.path) || "the work tree"} cannot be read (${closed.found})`);
}

/** Checksums of everything, and everything on disk, before anybody may rely on it. */
function seal(folder: string, described: Omit<SalvageManifest, "bytes">, baseBytes: number): SalvageManifest {
  const { checksums, bytes } = computeChecksums(folder);
  const manifest = { ...described, bytes: bytes + baseBytes };
  writeStoredFile(join(folder, manifestName), salvageManifestFormat, manifest);
  checksums.set(manifestName, hashFile(join(folder, manifestName)));
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
