import { randomUUID } from "node:crypto";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  openSync,
  closeSync,
  constants,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  copyFileSync,
  createReadStream,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { configPath } from "../../git/config/git-config.ts";
import { isSharedIndexName } from "../../git/index/staged-entries.ts";
import { harmlessOperationFiles } from "../../git/operations.ts";
import { formatRefFile, headPath } from "../../git/refs/head.ts";
import { packedRefsPath } from "../../git/refs/packed-refs.ts";
import { formatReflog, readReflog, reflogPath, type ReflogEntry } from "../../git/refs/reflog.ts";
import { shallowPath } from "../../git/refs/shallow.ts";
import { runGit } from "../../git/run/run-git.ts";
import { readAllObjectTypes, readObjects } from "../../git/objects/object-batch.ts";
import { writeWhole } from "../../platform/atomic-file.ts";
import { UsageError } from "../../platform/coded-error.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry, readRegularFile } from "../../platform/regular-file.ts";
import { claimIncoming, incomingSuffix, removeTree } from "../abandoned-salvage.ts";
import { findQuarantinedSlot } from "../retention/quarantined-slot.ts";
import { saveDirectory } from "../save/save-directory.ts";
import {
  fileListName,
  findDamagedFiles,
  readManifest,
  repositoryName,
  salvageDamaged,
  type SalvageManifest,
} from "../salvage-manifest.ts";
import { commandTimeoutSeconds, formatConfig } from "../save/salvage-repository.ts";
import { findKeptWork, type KeptWork } from "../salvage-store.ts";
import { salvageDirectory } from "../save/save-work.ts";
import { parseSavedFile, type SavedFile } from "../save/saved-file.ts";

export interface RestoreRequest {
  readonly id: string;
  readonly directory: string;
  readonly stateDir: string;
  readonly workspacesDir: string;
  readonly now: Date;
}

export interface RestoredWork {
  readonly directory: string;
  readonly manifest: SalvageManifest;
}

/**
 * Makes a repository of saved work in a directory that is new or empty: branches, stashes, the index and every file as
 * they were. Settings, hooks and alternates of the slot do not come back to life; they lie in `.git/salvage` to be read.
 * @throws UsageError `RESTORE_TARGET_UNUSABLE`; CodedError `SALVAGE_UNKNOWN`, `SALVAGE_DAMAGED`.
 */
export async function restoreWork(request: RestoreRequest): Promise<RestoredWork> {
  const directory = resolve(request.directory);
  const kept = findKeptWork(request.stateDir, request.id);
  requireUsableTarget(directory, request);
  if (kept.kind === "salvage") return restoreSalvage(kept.path, directory);
  const folder = join(salvageDirectory(request.stateDir), `${kept.id}-${randomUUID()}${incomingSuffix}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    claimIncoming(folder);
    await saveQuarantined(kept, folder, request.now);
    return await restoreSalvage(folder, directory);
  } finally {
    removeTree(folder);
  }
}

/** A quarantined slot goes through the same snapshot as a living one. */
async function saveQuarantined(kept: KeptWork, folder: string, now: Date): Promise<void> {
  const { id, slotId: slot_id, repoName: repo_name, reason } = kept;
  const subject = { id, slot_id, repo_name, repo_url: null, created_at: now.toISOString(), reason };
  const signal = AbortSignal.timeout(commandTimeoutSeconds * 1000);
  await saveDirectory({ ...findQuarantinedSlot(kept.path), exclude: [], signal }, subject, folder);
}

function requireUsableTarget(directory: string, { workspacesDir, stateDir }: RestoreRequest): void {
  const refuse = (why: string): never => {
    throw new UsageError("RESTORE_TARGET_UNUSABLE", `${directory} ${why}: name a new or an empty directory`);
  };
  for (const forbidden of [workspacesDir, stateDir]) {
    if (isReallyInside(forbidden, directory)) refuse(`is inside ${forbidden}`);
  }
  const { kind } = readEntry(directory);
  if (kind === "missing") return;
  if (kind !== "directory") refuse("is no directory");
  if (readdirSync(directory).length > 0) refuse("is not empty");
}

async function restoreSalvage(salvage: string, directory: string): Promise<RestoredWork> {
  const manifest = readManifest(salvage);
  const damaged = findDamagedFiles(salvage);
  if (damaged.length > 0) {
    throw salvageDamaged(salvage, `its checksums do not match: ${damaged.slice(0, 5).join(", ")}`);
  }
  const files = await readFileList(join(salvage, fileListName));
  const gitDirectory = join(directory, ".git");
  mkdirSync(join(gitDirectory, "salvage"), { recursive: true });
  restoreRepository(join(salvage, repositoryName), gitDirectory, manifest);
  copyFileSync(join(salvage, "manifest.json"), join(gitDirectory, "salvage", "manifest.json"));
  await writeFiles(files, { gitDirectory, directory });
  await restoreIndex(gitDirectory, manifest);
  await restoreLogs(gitDirectory, manifest);
  restoreOperations(gitDirectory);
  return { directory, manifest };
}

async function readFileList(path: string): Promise<SavedFile[]> {
  const files: SavedFile[] = [];
  const lines = createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity });
  for await (const line of lines) {
    const file = line === "" ? undefined : parseSavedFile(line);
    if (file !== undefined && isContained(file.path)) files.push(file);
  }
  return files;
}

/** Names come from a walk, so that none of these is among them: the list is checked all the same. */
function isContained(path: Buffer): boolean {
  const names = path.toString("latin1").split("/");
  return !names.some((name) => name === "" || name === "." || name === "..");
}

function restoreRepository(saved: string, gitDirectory: string, manifest: SalvageManifest): void {
  cpSync(join(saved, "objects"), join(gitDirectory, "objects"), { recursive: true });
  for (const pathIn of [packedRefsPath, shallowPath]) {
    if (readEntry(pathIn(saved)).kind === "file") copyFileSync(pathIn(saved), pathIn(gitDirectory));
  }
  cpSync(join(saved, "refs"), join(gitDirectory, "refs"), { recursive: true });
  const { branch, commit } = manifest;
  writeFileSync(headPath(gitDirectory), formatRefFile(branch ?? commit ?? "refs/heads/main"));
  const core = ["\tbare = false", "\tlogAllRefUpdates = true"];
  // A nested repository keeps its own settings as files: git must not go into it unasked.
  const careful = "[diff]\n\tignoreSubmodules = all\n[submodule]\n\trecurse = false\n";
  writeFileSync(configPath(gitDirectory), formatConfig(manifest.object_format, core) + careful);
}

/** Files first, links last: until then no path can lead through one. */
async function writeFiles(
  files: readonly SavedFile[],
  place: { gitDirectory: string; directory: string },
): Promise<void> {
  const target = (file: SavedFile): Buffer => targetOf(file, place);
  const directories = files.filter(({ kind }) => kind === "directory");
  const roots = new Set(files.map(({ root }) => root));
  for (const root of roots) mkdirSync(join(place.gitDirectory, "salvage", root), { recursive: true });
  for (const file of directories) mkdirSync(target(file), { recursive: true });
  await writeContents(
    files.filter(({ kind }) => kind === "file"),
    target,
    place.gitDirectory,
  );
  for (const file of files)
    if (file.kind === "link" && file.target !== undefined) symlinkSync(file.target, target(file));
  for (const file of directories.reverse()) {
    chmodSync(target(file), modeOf(file));
    setTimes(file, target(file));
  }
}

/** The work tree where it was; everything else of the slot where git does not look. */
function targetOf({ root, path }: SavedFile, place: { gitDirectory: string; directory: string }): Buffer {
  const isOwnGit = root === "work" && /^\.git(?:\/|$)/i.test(path.toString("latin1"));
  const base = root === "work" && !isOwnGit ? place.directory : join(place.gitDirectory, "salvage", root);
  return Buffer.concat([Buffer.from(`${base}/`), path]);
}

/** Never set-uid; and outside the work tree, where programs of the slot lie, never executable. */
function modeOf({ root, kind, mode }: SavedFile): number {
  const permissions = mode & 0o777;
  return root === "work" || kind === "directory" ? permissions : permissions & ~0o111;
}

function setTimes({ modifiedAtMilliseconds }: SavedFile, path: Buffer): void {
  utimesSync(path, modifiedAtMilliseconds / 1000, modifiedAtMilliseconds / 1000);
}

async function writeContents(
  files: readonly SavedFile[],
  target: (file: SavedFile) => Buffer,
  gitDirectory: string,
): Promise<void> {
  const ids = files.flatMap(({ object }) => (object === undefined ? [] : [object]));
  let next = 0;
  let descriptor = -1;
  const result = await readObjects({ gitDirectory, timeoutSeconds: commandTimeoutSeconds }, ids, {
    start: () => {
      const file = files[next];
      if (file === undefined) throw new Error("git delivers more files than it was asked for");
      descriptor = openSync(
        target(file),
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
        0o600,
      );
    },
    content: (chunk) => {
      writeWhole(descriptor, chunk);
    },
    end: () => {
      closeSync(descriptor);
      const file = files[next++];
      if (file === undefined) return;
      chmodSync(target(file), modeOf(file));
      setTimes(file, target(file));
    },
  });
  if (result.kind !== "done" || next !== files.length) {
    throw salvageDamaged(gitDirectory, `only ${next} of ${files.length} files could be read`);
  }
}

/** The index as it was, if git can read it; else one of the commit, so that edits show as edits. */
async function restoreIndex(gitDirectory: string, manifest: SalvageManifest): Promise<void> {
  const saved = join(gitDirectory, "salvage", "git");
  if (manifest.index === "saved") {
    for (const name of readdirSync(saved).filter((each) => each === "index" || isSharedIndexName(each))) {
      copyFileSync(join(saved, name), join(gitDirectory, name));
    }
    return;
  }
  if (manifest.commit === null) return;
  await runGit({
    args: ["read-tree", manifest.commit],
    gitDirectory,
    settings: ["core.bare=false"],
    timeoutSeconds: commandTimeoutSeconds,
  });
}

/** Reflogs of HEAD, of the branches and of the stash, which is nothing but its reflog: lines whose commit is here. */
async function restoreLogs(gitDirectory: string, manifest: SalvageManifest): Promise<void> {
  const source = { gitDirectory, timeoutSeconds: commandTimeoutSeconds };
  const { types } = await readAllObjectTypes(source);
  const isHere = ({ newId }: ReflogEntry): boolean => types.get(newId) === "commit";
  const folders = ["git", "common"].map((root) => join(gitDirectory, "salvage", root));
  const branches = manifest.refs.filter(({ name }) => name.startsWith("refs/heads/"));
  for (const name of ["HEAD", ...branches.map((ref) => ref.name)]) {
    const logs = folders.map((folder) => readReflog(reflogPath(folder, name), "latin1"));
    const log = logs.find(({ length }) => length > 0) ?? [];
    writeLog(reflogPath(gitDirectory, name), log.filter(isHere), "latin1");
  }
  const seconds = Math.floor(new Date(manifest.created_at).getTime() / 1000);
  const who = `repo-pool-sidecar <repo-pool-sidecar> ${seconds} +0000`;
  const stashes = manifest.stashes.map(({ object, message }) => ({
    oldId: "",
    newId: object,
    who,
    message,
  }));
  writeLog(reflogPath(gitDirectory, "refs/stash"), stashes.reverse().filter(isHere), "utf8");
}

/** Each entry begins where the one before it ended. */
function writeLog(path: string, present: readonly ReflogEntry[], encoding: "utf8" | "latin1"): void {
  if (present.length === 0) return;
  const chained = present.map((entry, index) => ({
    ...entry,
    oldId: present[index - 1]?.newId ?? "0".repeat(entry.newId.length),
  }));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, formatReflog(chained), encoding);
}

function restoreOperations(gitDirectory: string): void {
  const saved = join(gitDirectory, "salvage", "git");
  for (const name of harmlessOperationFiles) {
    const reading = readRegularFile(join(saved, name), { maxBytes: 1024 * 1024 });
    if (reading.kind === "content") writeFileSync(join(gitDirectory, name), reading.content);
  }
  const exclude = readRegularFile(join(saved, "info", "exclude"), { maxBytes: 1024 * 1024 });
  if (exclude.kind !== "content") return;
  mkdirSync(join(gitDirectory, "info"), { recursive: true });
  writeFileSync(join(gitDirectory, "info", "exclude"), exclude.content);
}
