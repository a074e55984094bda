import { readdirSync, type Stats } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { newest } from "./activity.ts";
import { mayWrite, readStats, type ClosedPlace, type RepositoryUser } from "./rights.ts";

export interface DiskUsage {
  /** Allocated on disk, as `du` counts it: a file with several names counts once. */
  readonly bytes: number;
  /** When a file of the work tree last changed; git's own files and the slot's record left out. */
  readonly worktreeChangedAt: Date | undefined;
  readonly owner: RepositoryUser | undefined;
  /** Other users' directories in which the slot's owner may not write, so that it cannot clean up. */
  readonly closed: readonly ClosedPlace[];
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
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (++entryCount > mostEntries || signal?.aborted === true) return undefined;
    if (entryCount % entriesPerTurn === 0) await nextTurn();
    const stats = readStats(path);
    if (stats === undefined) continue;
    if (stats.isDirectory()) {
      pending.push(...listPaths(path));
      if (isClosedByOther(owner, path, stats)) closed.push({ path, stats });
    } else if (isOfWorktree(slot, path)) changedAt = newest([changedAt, stats.mtime]);
    if (stats.nlink > 1 && !stats.isDirectory()) {
      if (inodes.has(stats.ino)) continue;
      inodes.add(stats.ino);
    }
    bytes += stats.blocks * bytesPerBlock;
  }
  return entryCount === 1 ? undefined : { bytes, worktreeChangedAt: changedAt, owner, closed };
}

/** What its own owner closed, such as a module cache of Go, is that owner's affair. */
function isClosedByOther(owner: Stats | undefined, path: string, stats: Stats): boolean {
  return owner !== undefined && stats.uid !== owner.uid && !mayWrite(owner, path, stats);
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
