import { accessSync, constants, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { findWorkTree } from "../../pool/sources/find-repository.ts";
import { readEntry } from "../../platform/regular-file.ts";
import type { Pool } from "../../pool/pool.ts";
import type { Refusal } from "../refusal.ts";
import { quarantineDirectory } from "../../salvage/kept-directories.ts";

/** Where the slots of a pool go when they are reclaimed. */
export function quarantineOf({ source }: Pick<Pool, "source">, stateDir: string): string {
  return source?.reclaim.quarantineDir ?? quarantineDirectory(stateDir);
}

/** What is moved by rename stays on its file system. */
export function refuseOtherFileSystem(paths: readonly string[], quarantine: string): Refusal | undefined {
  const device = deviceOf(quarantine);
  const other = paths.find((path) => readEntry(path).stats?.dev !== device);
  return other === undefined ? undefined : otherFileSystem(other, quarantine);
}

export function otherFileSystem(path: string, quarantine: string): Refusal {
  const usable = suggestQuarantine(path);
  const advice =
    usable === undefined
      ? "no other directory of that file system may be written"
      : `\`reclaim.quarantine_dir: ${usable}\` of its source would work`;
  const detail = `${path} is on another file system than ${quarantine}, and is not copied: ${advice}`;
  return { reason: "other_file_system", detail };
}

function deviceOf(path: string): number | undefined {
  for (let directory = path; ; directory = dirname(directory)) {
    const stats = statSync(directory, { throwIfNoEntry: false });
    if (stats !== undefined || directory === dirname(directory)) return stats?.dev;
  }
}

/** Beside the highest directory of the same file system that we may write and that is in no work tree. */
function suggestQuarantine(path: string): string | undefined {
  const device = readEntry(path).stats?.dev;
  let usable: string | undefined;
  for (let directory = dirname(path); readEntry(directory).stats?.dev === device;) {
    if (mayWrite(directory) && findWorkTree(directory) === undefined) usable = directory;
    if (directory === dirname(directory)) break;
    directory = dirname(directory);
  }
  return usable === undefined ? undefined : join(usable, ".repo-pool-sidecar-quarantine");
}

function mayWrite(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    // Another user's, or a mount that may only be read.
    return false;
  }
}
