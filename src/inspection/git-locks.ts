import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { GitDirectories } from "../git/git-directory.ts";
import { readEntry } from "../platform/regular-file.ts";
import type { GitLock } from "./slot-inspection.ts";

/** The fixed list of lock files that git makes beside HEAD, outside `refs/`. */
const worktreeLocks = ["index.lock", "HEAD.lock"];
const sharedLocks = [
  "packed-refs.lock",
  "config.lock",
  "shallow.lock",
  "gc.pid",
  "gc.pid.lock",
  "info/attributes.lock",
  "info/sparse-checkout.lock",
  "objects/maintenance.lock",
  "objects/info/alternates.lock",
  "objects/info/commit-graph.lock",
  "objects/info/commit-graphs/commit-graph-chain.lock",
  "objects/pack/multi-pack-index.lock",
];
const deepestRefFolder = 12;

export function readGitLocks(directories: GitDirectories): GitLock[] {
  const { gitDirectory, commonDirectory } = directories;
  const paths = [
    ...worktreeLocks.map((name) => join(gitDirectory, name)),
    ...sharedLocks.map((name) => join(commonDirectory, name)),
    ...listRefLocks(join(commonDirectory, "refs"), 0),
    ...(gitDirectory === commonDirectory ? [] : listRefLocks(join(gitDirectory, "refs"), 0)),
  ];
  return paths.flatMap((path) => {
    const entry = readEntry(path);
    if (entry.kind !== "file" || entry.stats === undefined) return [];
    return [{ path, modifiedAt: entry.stats.mtime, inode: entry.stats.ino }];
  });
}

function listRefLocks(folder: string, depth: number): string[] {
  if (depth > deepestRefFolder || readEntry(folder).kind !== "directory") return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listRefLocks(path, depth + 1);
    return entry.name.endsWith(".lock") ? [path] : [];
  });
}
