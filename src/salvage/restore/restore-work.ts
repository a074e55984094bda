import { randomUUID } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { idBytesOf } from "../../git/objects/object-id.ts";
import { syncDirectory } from "../../platform/atomic-file.ts";
import { asError, CodedError, UsageError } from "../../platform/coded-error.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { claimIncoming, incomingSuffix, removeTree } from "../abandoned-salvage.ts";
import { readBaseRecord, type BaseRecord } from "../bases/base-record.ts";
import { restoreBase } from "../bases/restore-base.ts";
import { findQuarantinedSlot } from "../retention/quarantined-slot.ts";
import {
  findDamagedFiles,
  readManifest,
  repositoryName,
  salvageDamaged,
  type SalvageManifest,
} from "../salvage-manifest.ts";
import { findKeptWork, type KeptWork } from "../salvage-store.ts";
import { commandTimeoutSeconds, saveDirectory } from "../save/save-directory.ts";
import type { SavedFile } from "../save/saved-file.ts";
import { SalvageRoom } from "../save/salvage-room.ts";
import { readFileList, writeFiles } from "./restore-files.ts";
import { restoreIndex, restoreLogs, restoreOperations, restoreRepository } from "./restore-repository.ts";
import { salvageDirectory } from "../kept-directories.ts";

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
 * The directory is no repository before everything is in it.
 * @throws UsageError `RESTORE_TARGET_UNUSABLE`; CodedError `SALVAGE_UNKNOWN`, `SALVAGE_DAMAGED`, `RESTORE_INCOMPLETE`.
 */
export async function restoreWork(request: RestoreRequest): Promise<RestoredWork> {
  const directory = resolve(request.directory);
  const kept = findKeptWork(request.stateDir, request.id);
  requireUsableTarget(directory, request);
  if (kept.kind === "salvage") return restoreSalvage(kept.path, { directory, stateDir: request.stateDir });
  const folder = join(salvageDirectory(request.stateDir), `${kept.id}-${randomUUID()}${incomingSuffix}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    claimIncoming(folder);
    await saveQuarantined(kept, folder, request.now);
    return await restoreSalvage(folder, { directory, stateDir: request.stateDir });
  } finally {
    removeTree(folder);
  }
}

/** A quarantined slot goes through the same snapshot as a living one. */
async function saveQuarantined(kept: KeptWork, folder: string, now: Date): Promise<void> {
  const { id, slotId: slot_id, repoName: repo_name, reason } = kept;
  const subject = { id, slot_id, repo_name, repo_url: null, created_at: now.toISOString(), reason };
  const signal = AbortSignal.timeout(commandTimeoutSeconds * 1000);
  const room = new SalvageRoom(folder, 0);
  await saveDirectory({ ...findQuarantinedSlot(kept.path), exclude: [], signal, room }, subject, folder);
}

function requireUsableTarget(directory: string, { workspacesDir, stateDir }: RestoreRequest): void {
  for (const forbidden of [workspacesDir, stateDir]) {
    if (isReallyInside(forbidden, directory)) throw unusable(directory, `is inside ${forbidden}`);
  }
  const { kind } = readEntry(directory);
  if (kind === "missing") return;
  if (kind !== "directory") throw unusable(directory, "is no directory");
  const names = readdirSync(directory);
  if (names.some((name) => incomingForm.test(name)))
    throw unusable(directory, "holds a restore that has not ended");
  if (names.length > 0) throw unusable(directory, "is not empty");
}

function unusable(directory: string, why: string): UsageError {
  const message = `${directory} ${why}: name a new or an empty directory`;
  return new UsageError("RESTORE_TARGET_UNUSABLE", message);
}

/** What `.git` is called until everything is restored. */
const incomingForm = /^\.git\.[0-9a-f-]{36}\.incoming$/;

/** Makes the git directory under its first name. Of two restores at once, none goes on in a directory that both found empty. */
function claimTarget(directory: string): string {
  const gitDirectory = join(directory, `.git.${randomUUID()}${incomingSuffix}`);
  mkdirSync(gitDirectory, { recursive: true });
  if (readdirSync(directory).length === 1) return gitDirectory;
  rmSync(gitDirectory, { recursive: true });
  throw unusable(directory, "is not empty");
}

async function restoreSalvage(
  salvage: string,
  { directory, stateDir }: Pick<RestoreRequest, "directory" | "stateDir">,
): Promise<RestoredWork> {
  const manifest = readManifest(salvage);
  const damaged = findDamagedFiles(salvage);
  if (damaged.length > 0) {
    throw salvageDamaged(salvage, `its checksums do not match: ${damaged.slice(0, 5).join(", ")}`);
  }
  const saved = {
    ...{ salvage, manifest, base: readBaseRecord(salvage) },
    files: await readFileList(salvage, idBytesOf(manifest.object_format)),
  };
  const gitDirectory = claimTarget(directory);
  try {
    await restoreInto(saved, { gitDirectory, directory, stateDir });
  } catch (error) {
    if (error instanceof CodedError) throw error;
    const message = `${directory} does not have everything: ${asError(error).message}; remove it and restore again`;
    throw new CodedError("RESTORE_INCOMPLETE", message, { cause: error });
  }
  renameSync(gitDirectory, join(directory, ".git"));
  syncDirectory(directory);
  return { directory, manifest };
}

interface SavedParts {
  readonly salvage: string;
  readonly manifest: SalvageManifest;
  readonly base: BaseRecord | undefined;
  readonly files: readonly SavedFile[];
}

async function restoreInto(
  { salvage, manifest, base, files }: SavedParts,
  { gitDirectory, directory, stateDir }: { gitDirectory: string; directory: string; stateDir: string },
): Promise<void> {
  mkdirSync(join(gitDirectory, "salvage"));
  restoreRepository(join(salvage, repositoryName), gitDirectory, manifest);
  if (base !== undefined) await restoreBase(base, { stateDir, gitDirectory, manifest });
  copyFileSync(join(salvage, "manifest.json"), join(gitDirectory, "salvage", "manifest.json"));
  await writeFiles(files, { gitDirectory, directory });
  await restoreIndex(gitDirectory, manifest);
  await restoreLogs(gitDirectory, manifest);
  restoreOperations(gitDirectory);
}
