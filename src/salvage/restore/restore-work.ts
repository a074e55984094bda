import { randomUUID } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { idBytesOf } from "../../git/objects/object-id.ts";
import { UsageError } from "../../platform/coded-error.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { claimIncoming, incomingSuffix, removeTree } from "../abandoned-salvage.ts";
import { readBaseRecord } from "../bases/base-record.ts";
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
import { SalvageRoom } from "../save/salvage-room.ts";
import { salvageDirectory } from "../save/save-work.ts";
import { readFileList, writeFiles } from "./restore-files.ts";
import { restoreIndex, restoreLogs, restoreOperations, restoreRepository } from "./restore-repository.ts";

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

async function restoreSalvage(
  salvage: string,
  { directory, stateDir }: Pick<RestoreRequest, "directory" | "stateDir">,
): Promise<RestoredWork> {
  const manifest = readManifest(salvage);
  const damaged = findDamagedFiles(salvage);
  if (damaged.length > 0) {
    throw salvageDamaged(salvage, `its checksums do not match: ${damaged.slice(0, 5).join(", ")}`);
  }
  const base = readBaseRecord(salvage);
  const files = await readFileList(salvage, idBytesOf(manifest.object_format));
  const gitDirectory = join(directory, ".git");
  mkdirSync(join(gitDirectory, "salvage"), { recursive: true });
  restoreRepository(join(salvage, repositoryName), gitDirectory, manifest);
  if (base !== undefined) await restoreBase(base, { stateDir, gitDirectory, manifest });
  copyFileSync(join(salvage, "manifest.json"), join(gitDirectory, "salvage", "manifest.json"));
  await writeFiles(files, { gitDirectory, directory });
  await restoreIndex(gitDirectory, manifest);
  await restoreLogs(gitDirectory, manifest);
  restoreOperations(gitDirectory);
  return { directory, manifest };
}
