import { chmodSync, closeSync, constants, fstatSync, openSync, readdirSync, type Stats } from "node:fs";
import { systemErrorCode } from "./coded-error.ts";

/** Linux's own; Node has no name for it. A directory is opened by it whatever its mode. */
const pathOnly = 0o10000000;
const openFlags = pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const ownerBits = 0o700;
/** One descriptor is open for each level. */
const deepestLevel = 200;

/**
 * Gives their owner every right on the directories below one, so that what is in them can be removed: tools such as Go's
 * module cache make theirs read-only. Only directories of this process's own user, on the same file system; no link is
 * followed, not even one that takes a directory's place meanwhile.
 * @returns how many were changed.
 */
export function unlockFolders(directory: string, isSpared: (name: string) => boolean = () => false): number {
  const descriptor = openFolder(directory);
  if (descriptor === undefined) return 0;
  try {
    const { dev } = fstatSync(descriptor);
    return unlock(descriptor, dev, { level: 0, isSpared });
  } finally {
    closeSync(descriptor);
  }
}

/** `isSpared` is asked of the first level alone. */
interface Level {
  readonly level: number;
  readonly isSpared?: (name: string) => boolean;
}

function unlock(descriptor: number, device: number, { level, isSpared }: Level): number {
  const path = `/proc/self/fd/${descriptor}`;
  const stats = fstatSync(descriptor);
  if (stats.dev !== device || !isOwn(stats) || level > deepestLevel) return 0;
  const isLocked = (stats.mode & ownerBits) !== ownerBits;
  if (isLocked) chmodSync(path, (stats.mode & 0o7777) | ownerBits);
  let count = isLocked ? 1 : 0;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (!entry.isDirectory() || isSpared?.(entry.name) === true) continue;
    const child = openFolder(`${path}/${entry.name}`);
    if (child === undefined) continue;
    try {
      count += unlock(child, device, { level: level + 1 });
    } finally {
      closeSync(child);
    }
  }
  return count;
}

function isOwn({ uid }: Stats): boolean {
  return uid === process.getuid?.();
}

/** Undefined if no directory is there. */
function openFolder(path: string): number | undefined {
  try {
    return openSync(path, openFlags);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(systemErrorCode(error) ?? "")) return undefined;
    throw error;
  }
}
