import { renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { formatJson, writeFileAtomic } from "../platform/atomic-file.ts";
import { systemErrorCode } from "../platform/coded-error.ts";
import {
  formatProcessIdentity,
  identifyProcess,
  judgeProcess,
  readProcessIdentity,
} from "../platform/process-identity.ts";
import { readEntry } from "../platform/regular-file.ts";
import { unlockFolders } from "../platform/unlock-folders.ts";
import { listAllNames } from "../platform/directory.ts";

/** The suffix of a salvage that is not complete yet. */
export const incomingSuffix = ".incoming";
/** The suffix of a directory that is being removed. */
const outgoingSuffix = ".outgoing";

export function isTransient(name: string): boolean {
  return name.endsWith(incomingSuffix) || name.endsWith(outgoingSuffix);
}

/** Names the process that writes a folder; it goes before the folder gets its own name. */
export const claimName = "owner.json";
/** If it cannot be told whether the owner lives. */
const abandonedAfterMilliseconds = 24 * 3600 * 1000;

/** Names the process that writes the folder, in case it is killed. */
export function claimIncoming(folder: string): void {
  const self = identifyProcess(process.pid);
  // Whole or not there: a claim that was cut by a kill would keep the folder for a day.
  if (self !== undefined)
    writeFileAtomic(join(folder, claimName), formatJson(formatProcessIdentity(self)), { mode: 0o600 });
}

export function releaseClaim(folder: string): void {
  rmSync(join(folder, claimName), { force: true });
}

/** Removes what dead processes left half written or half removed. That of living processes stays. */
export function removeAbandoned(directory: string, now: Date): void {
  for (const name of listAllNames(directory).filter(isTransient)) {
    const path = join(directory, name);
    if (readEntry(path).kind !== "directory") continue;
    if (name.endsWith(outgoingSuffix) || isOwnerGone(path, now)) removeTree(path);
  }
}

function isOwnerGone(path: string, now: Date): boolean {
  const owner = readProcessIdentity(join(path, claimName));
  const judgement = owner === undefined ? "unknown" : judgeProcess(owner);
  if (judgement !== "unknown") return judgement === "dead";
  return now.getTime() - statSync(path).mtimeMs > abandonedAfterMilliseconds;
}

/** Out of the list first, at once; then the files. @returns once nothing of it is left. */
export function removeKept(path: string): void {
  renameSync(path, path + outgoingSuffix);
  finishRemoval(path);
}

/** Removes what a removal that was killed left beside `path`. @returns false if there is nothing. */
export function finishRemoval(path: string): boolean {
  const outgoing = path + outgoingSuffix;
  if (readEntry(outgoing).kind === "missing") return false;
  removeTree(outgoing);
  return true;
}

/** Links are removed, not followed. Directories of a slot may be closed to their owner: they are opened first. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (!["EACCES", "EPERM", "ENOTEMPTY"].includes(systemErrorCode(error) ?? "")) throw error;
    unlockFolders(path);
    rmSync(path, { recursive: true, force: true });
  }
}
