import { readlinkSync } from "node:fs";
import { listActivityPaths } from "../git/git-directory.ts";
import { describeLimitedSight, findNamespaceLimit } from "../pool/locks/visibility.ts";
import { isInside } from "../platform/contained-path.ts";
import { systemErrorCode } from "../platform/coded-error.ts";
import { listProcessIds } from "../platform/process-identity.ts";
import { describeProcess, type SlotProcess } from "./slot-process.ts";
import { uncachedReader, type SlotReader } from "../platform/slot-reader.ts";
import { writtenAt } from "../platform/written-at.ts";

export interface ProcessPlace extends SlotProcess {
  readonly workingDirectory: string;
}

export type ProcessSight =
  | { readonly kind: "full"; readonly places: readonly ProcessPlace[] }
  | { readonly kind: "limited"; readonly detail: string };

/**
 * Every process that works below a directory. Limited unless all of the pool's user can be seen: another PID
 * namespace, a /proc that hides other users' processes, or a process of that user whose `cwd` we may not read. Other
 * users' processes do not count against it, nor do those that hide themselves from their own user (`ssh-agent`,
 * `(sd-pam)`).
 */
export function readProcessSight(directory: string): ProcessSight {
  const limitedVisibility = findNamespaceLimit();
  if (limitedVisibility !== undefined) return { kind: "limited", detail: limitedVisibility };
  const poolUid = uncachedReader.readEntry(directory).stats?.uid;
  if (process.geteuid?.() !== poolUid && uncachedReader.readEntry("/proc/1").kind === "missing")
    return limitedTo(poolUid, "/proc hides the processes of other users (hidepid)");
  const base = uncachedReader.resolveLinks(directory) ?? directory;
  const places: ProcessPlace[] = [];
  for (const pid of listProcessIds()) {
    const workingDirectory = readLink(`/proc/${pid}/cwd`);
    if (workingDirectory === "EACCES" && isHiddenFromUs(pid, poolUid))
      return limitedTo(poolUid, "the working directory of a process of the pool's user cannot be read");
    if (workingDirectory === undefined || !isInside(base, workingDirectory)) continue;
    places.push({ ...describeProcess(pid), workingDirectory });
  }
  return { kind: "full", places };
}

function limitedTo(poolUid: number | undefined, cause: string): ProcessSight {
  return { kind: "limited", detail: describeLimitedSight(cause, { poolUid, ownUid: process.geteuid?.() }) };
}

/** The kernel names directories with every link resolved. */
export function processesInside(places: readonly ProcessPlace[], directory: string): ProcessPlace[] {
  if (places.length === 0) return [];
  const base = uncachedReader.resolveLinks(directory) ?? directory;
  return places.filter((place) => isInside(base, place.workingDirectory) && place.pid !== process.pid);
}

/** Processes that somebody works with, among those inside a slot. */
export function selectWork<T extends Pick<SlotProcess, "role">>(processes: readonly T[]): T[] {
  return processes.filter(({ role }) => role === "work");
}

/** True if a git runs that may hold a lock. */
export function hasLockingGit(processes: readonly Pick<SlotProcess, "role" | "command">[]): boolean {
  return processes.some(({ role, command }) => role !== "daemon" && command.startsWith("git"));
}

/** When git or an agent last wrote what every git command writes. */
export function lastGitActivity(reader: SlotReader, gitDirectory: string): Date | undefined {
  const paths = listActivityPaths(gitDirectory);
  return newest(
    paths.map((path) => {
      const { stats } = reader.isListedMissing(path) ? {} : reader.readEntry(path);
      return stats && writtenAt(stats);
    }),
  );
}

export function newest(times: readonly (Date | undefined)[]): Date | undefined {
  const known = times.filter((time) => time !== undefined).map((time) => time.getTime());
  return known.length === 0 ? undefined : new Date(Math.max(...known));
}

/** The kernel gives the entries of a process that keeps its memory to itself to root, but not its directory. */
function isHiddenFromUs(pid: number, poolUid: number | undefined): boolean {
  if (uncachedReader.readEntry(`/proc/${pid}`).stats?.uid !== poolUid) return false;
  const hidesItself = poolUid !== 0 && uncachedReader.readEntry(`/proc/${pid}/cwd`).stats?.uid === 0;
  return process.geteuid?.() !== poolUid || !hidesItself;
}

/** The link's target; the error's code if it may not be read, undefined if it is gone. */
function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    return ["EACCES", "EPERM"].includes(systemErrorCode(error) ?? "") ? "EACCES" : undefined;
  }
}
