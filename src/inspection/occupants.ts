import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { systemErrorCode } from "../platform/coded-error.ts";
import { listProcessIds, readCommandName, readProcessStat } from "../platform/process-identity.ts";
import { findNamespaceLimit } from "../pool/locks/visibility.ts";
import { describeProcess, readProcessLink, type SlotProcess } from "./slot-process.ts";

/** The processes inside slots without a record, by the slot's path. */
export type Occupants =
  | {
      readonly kind: "seen";
      readonly byPath: ReadonlyMap<string, readonly SlotProcess[]>;
      /** The user whose processes could be seen; undefined if all users' could. */
      readonly uid: number | undefined;
    }
  | { readonly kind: "unseen"; readonly detail: string };

/** A process with more open files than this is not asked for all of them. */
const mostOpenFiles = 4096;
const mostGenerations = 6;

/**
 * The processes that have their working directory, their root or an open file in one of these directories, each given with
 * links resolved. Unseen in another PID namespace than the machine's first. Those of other users can only be asked by root.
 */
export function readOccupants(directories: Iterable<string>): Occupants {
  const limit = findNamespaceLimit();
  if (limit !== undefined) return { kind: "unseen", detail: limit };
  const places = new Set(directories);
  const uid = process.geteuid?.();
  const byPath = new Map<string, SlotProcess[]>();
  for (const pid of listProcessIds()) {
    if (pid === process.pid) continue;
    const found = findPlaces(pid, places);
    if (found.size > 0 && isOwnGit(pid)) continue;
    for (const place of found) {
      const inside = byPath.get(place) ?? [];
      byPath.set(place, [...inside, describeProcess(pid)]);
    }
  }
  return { kind: "seen", byPath, uid: uid === 0 ? undefined : uid };
}

/** A git that this process started, or one of its children, is no use of the slot. */
function isOwnGit(pid: number): boolean {
  let current = pid;
  for (let generation = 0; generation < mostGenerations; generation++) {
    const parentPid = readProcessStat(current)?.parentPid;
    if (parentPid === process.pid) return readCommandName(current) === "git";
    if (parentPid === undefined || parentPid <= 1) return false;
    current = parentPid;
  }
  return false;
}

function findPlaces(pid: number, places: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  const note = (target: string | undefined): void => {
    if (target?.startsWith("/") !== true) return;
    for (let path = target; path !== "/"; path = dirname(path)) if (places.has(path)) found.add(path);
  };
  note(readProcessLink(pid, "cwd"));
  note(readProcessLink(pid, "root"));
  for (const descriptor of listOpenFiles(pid).slice(0, mostOpenFiles))
    note(readProcessLink(pid, `fd/${descriptor}`));
  return found;
}

function listOpenFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch (error) {
    // Ended meanwhile, or another user's.
    if (["ENOENT", "EACCES", "EPERM", "ESRCH"].includes(systemErrorCode(error) ?? "")) return [];
    throw error;
  }
}
