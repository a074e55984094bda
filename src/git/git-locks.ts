import type { GitDirectories } from "./git-directory.ts";
import { listEntries, listNames } from "../platform/directory.ts";
import { readEntry } from "../platform/regular-file.ts";

/** A lock file that git left or holds inside a repository. */
export interface GitLock {
  readonly path: string;
  readonly modifiedAt: Date;
  readonly inode: number;
}

type LockNames = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The fixed list of files by which git locks something, by folder: never every `*.lock`, which may be an agent's own.
 * `gc.pid` and `maintenance.lock` stop housekeeping without a word.
 */
const worktreeLocks: LockNames = new Map([
  [
    "",
    new Set([
      "index.lock",
      "HEAD.lock",
      "ORIG_HEAD.lock",
      "MERGE_HEAD.lock",
      "AUTO_MERGE.lock",
      "MERGE_RR.lock",
      "config.worktree.lock",
    ]),
  ],
  ["info", new Set(["sparse-checkout.lock"])],
]);
const locksOfRoot = [
  "packed-refs.lock",
  "packed-refs.new",
  "config.lock",
  "shallow.lock",
  "gc.pid",
  "gc.pid.lock",
];
const repositoryLocks: LockNames = new Map([
  ["", new Set(locksOfRoot)],
  ["info", new Set(["attributes.lock", "exclude.lock", "grafts.lock", "refs.lock"])],
  ["objects", new Set(["maintenance.lock", "schedule.lock"])],
  ["objects/info", new Set(["alternates.lock", "commit-graph.lock"])],
  ["objects/info/commit-graphs", new Set(["commit-graph-chain.lock"])],
  ["objects/pack", new Set(["multi-pack-index.lock"])],
]);
/** Of a repository that several work trees share, whose HEAD is nobody's. */
const sharedLocks: LockNames = new Map([...repositoryLocks, ["", new Set([...locksOfRoot, "HEAD.lock"])]]);
const deepestRefFolder = 12;
const mostRefFolders = 5_000;

/** Lock files of one work tree: HEAD, index and private refs; of a clone the repository's too. */
export function readGitLocks({ gitDirectory, commonDirectory }: GitDirectories): GitLock[] {
  const own = [
    ...findLocks(gitDirectory, worktreeLocks),
    ...(gitDirectory === commonDirectory ? findLocks(commonDirectory, repositoryLocks) : []),
    ...listRefLocks(`${gitDirectory}/refs`),
  ];
  return own.flatMap((path) => readLock(path));
}

/** Lock files of a repository that several work trees share. */
export function readSharedGitLocks(commonDirectory: string): GitLock[] {
  const paths = [...findLocks(commonDirectory, sharedLocks), ...listRefLocks(`${commonDirectory}/refs`)];
  return paths.flatMap((path) => readLock(path));
}

function findLocks(directory: string, locks: LockNames): string[] {
  const found: string[] = [];
  for (const [folder, locked] of locks) {
    const at = folder === "" ? directory : `${directory}/${folder}`;
    for (const name of listNames(at)) if (locked.has(name)) found.push(`${at}/${name}`);
  }
  return found;
}

/** Whatever stands in a lock's place stops git, be it no file at all. */
function readLock(path: string): GitLock[] {
  const { stats } = readEntry(path);
  return stats === undefined ? [] : [{ path, modifiedAt: stats.mtime, inode: stats.ino }];
}

function listRefLocks(refs: string): string[] {
  const found: string[] = [];
  const pending = [{ folder: refs, depth: 0 }];
  for (let read = 0, next = pending.pop(); next !== undefined && read < mostRefFolders; read++) {
    for (const entry of listEntries(next.folder)) {
      if (entry.name.endsWith(".lock")) found.push(`${next.folder}/${entry.name}`);
      else if (entry.isDirectory() && next.depth < deepestRefFolder)
        pending.push({ folder: `${next.folder}/${entry.name}`, depth: next.depth + 1 });
    }
    next = pending.pop();
  }
  return found;
}
