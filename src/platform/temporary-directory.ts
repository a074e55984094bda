import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodedError, systemErrorCode } from "./coded-error.ts";
import { identifyProcess, judgeProcess } from "./process-identity.ts";

const prefix = "repo-pool-sidecar-";
/** `<prefix><what>-<pid>-<start ticks>-<boot id>-<namespace>-<random>`. */
const form = /^repo-pool-sidecar-[a-z]+-(\d+)-(\d+)-([0-9a-f-]{36})-(\d+)-[A-Za-z0-9]{6}$/;

const refusals = ["EACCES", "EROFS", "EPERM", "ENOENT", "ENOTDIR"];

/**
 * A new directory, by default in the system's temporary directory. Its name identifies the process, in case it is killed.
 * @throws CodedError `TEMPORARY_DIRECTORY_UNUSABLE` if that one is missing or may not be written
 */
export function createTemporaryDirectory(what: string, parent = tmpdir()): string {
  const self = identifyProcess(process.pid);
  const namespace = /\d+/.exec(self?.pidNamespace ?? "")?.[0] ?? "";
  const owner = self === undefined ? "" : `${self.pid}-${self.startTicks}-${self.bootId}-${namespace}-`;
  try {
    return mkdtempSync(join(parent, `${prefix}${what}-${owner}`));
  } catch (error) {
    const errorCode = systemErrorCode(error) ?? "";
    if (parent !== tmpdir() || !refusals.includes(errorCode)) throw error;
    const detail = `${parent}, where temporary files go, cannot be written (${errorCode}): set TMPDIR to a directory that this user may write`;
    throw new CodedError("TEMPORARY_DIRECTORY_UNUSABLE", detail, { cause: error });
  }
}

/** Removes what killed sidecar processes left. A living process's, and another user's, stay. */
export function removeAbandonedTemporaryDirectories(parent = tmpdir()): void {
  for (const name of readdirSync(parent)) {
    const owner = form.exec(name);
    if (owner === null) continue;
    const [, pid, startTicks, bootId = "", namespace = ""] = owner;
    const identity = { pid: Number(pid), startTicks: Number(startTicks), bootId };
    if (judgeProcess({ ...identity, pidNamespace: `pid:[${namespace}]` }) !== "dead") continue;
    const path = join(parent, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true && stats.uid === process.getuid?.())
      rmSync(path, { recursive: true, force: true });
  }
}
