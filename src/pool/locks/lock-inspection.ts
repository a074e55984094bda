import { closeSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { hoursBetween } from "../../platform/clock.ts";
import { systemErrorCode } from "../../platform/coded-error.ts";
import { openFlags, readEntry } from "../../platform/regular-file.ts";
import { loadFlock } from "../../platform/flock.ts";
import { readCommandName } from "../../platform/process-identity.ts";
import { describeUnread, type UnreadPlace } from "../../platform/unread-path.ts";
import { readLockVisibility, type LockVisibility } from "./visibility.ts";
import { writtenAt } from "../../platform/written-at.ts";

/** Facts about one entry of the locks directory. */
export interface LockFacts {
  /** The entry's name without `.lock`: a slot's id, or whatever somebody put there. */
  readonly slotId: string;
  readonly path: string;
  readonly entryKind: "file" | "directory";
  readonly inode: number;
  readonly ownerUid: number;
  readonly modifiedAt: Date;
  /** `unknown` if a process that cannot be seen may hold it. A directory's holder cannot be known: its mtime tells. */
  readonly holder: { readonly kind: "none" } | { readonly kind: "unknown" } | LockHolders;
}

export interface LockHolders {
  readonly kind: "held";
  readonly processes: readonly { readonly pid: number; readonly command: string }[];
}

export interface LockReading {
  readonly locks: readonly LockFacts[];
  /** Why the holders cannot be seen; undefined if they can, and if there is no lock to be held. */
  readonly limitedVisibility: string | undefined;
  /** Why the directory cannot be listed, if it cannot: which slots are locked is then not known. */
  readonly unread?: UnreadPlace;
}

/** Anybody may make files in the locks directory: more than this many are not looked at. */
const mostLocks = 100_000;

/** Every slot lock that is there, and who holds it. */
export async function readLocks(workspacesDir: string): Promise<LockReading> {
  const directory = join(workspacesDir, "locks");
  const none = { locks: [], limitedVisibility: undefined };
  const names = readLockNames(directory);
  if ("detail" in names) return { ...none, unread: names };
  if (names.length === 0) return none;
  const sight = await readLockVisibility(directory);
  const locks = names.flatMap((name) => readLock(directory, name, sight));
  return { locks, limitedVisibility: sight.limit };
}

function readLockNames(directory: string): string[] | UnreadPlace {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith(".lock"))
      .slice(0, mostLocks);
  } catch (error) {
    const code = systemErrorCode(error) ?? "EIO";
    return code === "ENOENT" ? [] : { path: directory, detail: describeUnread(directory, code) };
  }
}

function readLock(directory: string, name: string, sight: LockVisibility): LockFacts[] {
  const path = join(directory, name);
  const entry = readEntry(path);
  if ((entry.kind !== "file" && entry.kind !== "directory") || entry.stats === undefined) return [];
  const facts = {
    slotId: name.slice(0, -".lock".length),
    path,
    entryKind: entry.kind,
    inode: entry.stats.ino,
    ownerUid: entry.stats.uid,
    modifiedAt: writtenAt(entry.stats),
  };
  if (entry.kind === "directory") return [{ ...facts, holder: { kind: "none" } }];
  return [{ ...facts, holder: describeHolder(sight.holdersOf(entry.stats)) }];
}

function describeHolder(pids: readonly number[] | undefined): LockFacts["holder"] {
  if (pids === undefined) return { kind: "unknown" };
  if (pids.length === 0) return { kind: "none" };
  return { kind: "held", processes: pids.map((pid) => ({ pid, command: readCommandName(pid) })) };
}

/** True for a lock directory that is held: its holder goes on touching it, so that it stays young. */
export function isHeldDirectory(
  { entryKind, modifiedAt }: Pick<LockFacts, "entryKind" | "modifiedAt">,
  now: Date,
  staleLockHours: number,
): boolean {
  return entryKind === "directory" && hoursBetween(modifiedAt, now) < staleLockHours;
}

/** Tests a lock by taking it and releasing it at once: the only way if /proc/locks shows nothing. */
export function isLockFree(path: string): boolean {
  let descriptor;
  try {
    descriptor = openSync(path, openFlags);
  } catch {
    // What cannot be opened cannot be proven free.
    return false;
  }
  try {
    return loadFlock()(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
