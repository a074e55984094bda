import { readdirSync, type Stats } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { newest } from "./activity.ts";
import { searchFolders } from "../platform/search-folders.ts";
import { mayWrite, readStats, type ClosedPlace, type RepositoryUser } from "./rights.ts";
import { writtenAt } from "../platform/written-at.ts";

export interface DiskUsage {
  /** Allocated on disk, as `du` counts it: a file with several names counts once. */
  readonly bytes: number;
  /** When a file of the work tree last changed; git's own files and the slot's record left out. */
  readonly worktreeChangedAt: Date | undefined;
  readonly owner: RepositoryUser | undefined;
  /** Other users' directories in which the slot's owner may not write, so that it cannot clean up. */
  readonly closed: readonly ClosedPlace[];
  /** Paths named `.git` below the slot's own: of repositories and work trees inside it. */
  readonly nestedGitPaths: readonly string[];
}

const bytesPerBlock = 512;
const entriesPerTurn = 256;
/** A slot with more entries than this is not measured. */
const mostEntries = 5_000_000;

/** Walks a slot without following links, a slice at a time. Undefined if it is too large or cannot be read. */
export async function measureDiskUsage(
  slot: { readonly path: string; readonly recordPath: string },
  signal?: AbortSignal,
): Promise<DiskUsage | undefined> {
  const pending = [slot.path];
  const inodes = new Set<number>();
  let bytes = 0;
  let entryCount = 0;
  let changedAt: Date | undefined;
  const owner = readStats(slot.path);
  const closed: ClosedPlace[] = [];
  const nestedGitPaths: string[] = [];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (++entryCount > mostEntries || signal?.aborted === true) return undefined;
    if (entryCount % entriesPerTurn === 0) await nextTurn();
    const stats = readStats(path);
    if (stats === undefined) continue;
    if (isNestedGitPath(slot, path)) nestedGitPaths.push(path);
    if (stats.isDirectory()) pending.push(...listPaths(path));
    if (isClosedByOther(owner, path, stats)) closed.push({ path, stats });
    if (!stats.isDirectory() && isOfWorktree(slot, path)) changedAt = newest([changedAt, writtenAt(stats)]);
    if (isCounted(stats, inodes)) bytes += stats.blocks * bytesPerBlock;
  }
  return entryCount === 1
    ? undefined
    : { bytes, worktreeChangedAt: changedAt, owner, closed, nestedGitPaths };
}

/** The closed directories that `measureDiskUsage` returns, found without a stat of each file. */
export async function findClosedDirectories(
  slot: { readonly path: string },
  signal?: AbortSignal,
): Promise<Pick<DiskUsage, "owner" | "closed">> {
  const owner = readStats(slot.path);
  const closed: ClosedPlace[] = [];
  // Nothing is closed to root.
  if (owner === undefined || owner.uid === 0) return { owner, closed };
  await searchFolders(slot.path, {
    isEntered: (path) => {
      const stats = readStats(path);
      if (stats !== undefined && isClosedByOther(owner, path, stats)) closed.push({ path, stats });
      return signal?.aborted !== true;
    },
    onSpecial: () => undefined,
  });
  return { owner, closed };
}

/** False if a file with several names was counted before, under another name. */
function isCounted(stats: Stats, inodes: Set<number>): boolean {
  if (stats.nlink <= 1 || stats.isDirectory()) return true;
  const isNew = !inodes.has(stats.ino);
  inodes.add(stats.ino);
  return isNew;
}

/** A directory that its own owner closed, such as Go's module cache, does not count. */
function isClosedByOther(owner: Stats | undefined, path: string, stats: Stats): boolean {
  return (
    owner !== undefined && stats.isDirectory() && stats.uid !== owner.uid && !mayWrite(owner, path, stats)
  );
}

function isNestedGitPath({ path: root }: { readonly path: string }, path: string): boolean {
  return path.endsWith("/.git") && path.length > root.length + "/.git".length;
}

function isOfWorktree(slot: { path: string; recordPath: string }, path: string): boolean {
  const name = path.slice(slot.path.length + 1);
  return name !== ".git" && !name.startsWith(".git/") && path !== slot.recordPath;
}

function listPaths(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => `${directory}/${name}`);
  } catch {
    // Removed meanwhile, or not ours to read: what can be seen is counted.
    return [];
  }
}
