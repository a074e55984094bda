import type { GitDirectories } from "./git-directory.ts";
import { hostname } from "node:os";
import { basename, relative } from "node:path";
import { hoursBetween } from "../platform/clock.ts";
import { systemErrorCode } from "../platform/coded-error.ts";
import { listAdminDirectories } from "./worktrees.ts";
import type { SlotReader } from "../platform/slot-reader.ts";
import { writtenAt } from "../platform/written-at.ts";

/** A lock file that git left or holds inside a repository. */
export interface GitLock {
  readonly path: string;
  readonly modifiedAt: Date;
  readonly inode: number;
  /** Of `gc.pid`, if it says: the process that tidies up, and its host. */
  readonly owner?: { readonly pid: number; readonly hostName: string };
}

/** How long git respects a `gc.pid`. Source: git's builtin/gc.c, measured. */
const gcPidHoursHonoured = 12;

/**
 * True if git itself waits for the owner of this lock: for twelve hours, a process of another host, whose life nobody here
 * can see, or one of this host that lives.
 */
export function isHonouredByGit({ owner, modifiedAt }: GitLock, now: Date): boolean {
  if (owner === undefined) return false;
  if (hoursBetween(modifiedAt, now) > gcPidHoursHonoured) return false;
  return owner.hostName !== hostname() || isRunning(owner.pid);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}

/** Only housekeeping waits for these, and a fetch leaves a tracking ref out while it is locked. */
const harmlessLocks = /^(?:objects\/|(?:logs\/)?refs\/remotes\/|gc\.pid(?:\.lock)?$)/;

/** True if the lock ends commands that an agent gives in the repository. */
export function stopsCommands({ path }: GitLock, commonDirectory: string): boolean {
  return !harmlessLocks.test(relative(commonDirectory, path));
}

type LockNames = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The fixed list of files by which git locks something, by folder: never every `*.lock`, which may be an agent's own. Each
 * was seen to stop a command of git 2.39, or is one of a newer git: those of `AUTO_MERGE` and `MERGE_AUTOSTASH` (2.44) and of
 * the list of layered multi-pack-indexes (2.47). A `MERGE_HEAD.lock` or `FETCH_HEAD.lock` stops none. `gc.pid` and
 * `maintenance.lock` stop housekeeping without a word.
 */
const worktreeLocks: LockNames = new Map([
  [
    "",
    new Set([
      "index.lock",
      "HEAD.lock",
      "ORIG_HEAD.lock",
      "CHERRY_PICK_HEAD.lock",
      "REVERT_HEAD.lock",
      "REBASE_HEAD.lock",
      "BISECT_HEAD.lock",
      "BISECT_EXPECTED_REV.lock",
      "AUTO_MERGE.lock",
      "MERGE_AUTOSTASH.lock",
      "NOTES_MERGE_PARTIAL.lock",
      "NOTES_MERGE_REF.lock",
      "MERGE_MSG.lock",
      "MERGE_RR.lock",
      "config.worktree.lock",
    ]),
  ],
  ["info", new Set(["sparse-checkout.lock"])],
  [
    "rebase-merge",
    new Set([
      "git-rebase-todo.lock",
      "git-rebase-todo.backup.lock",
      "author-script.lock",
      "message.lock",
      "message-squash.lock",
      "message-fixup.lock",
      "current-fixups.lock",
      "amend.lock",
      "stopped-sha.lock",
      "update-refs.lock",
    ]),
  ],
  ["sequencer", new Set(["todo.lock", "head.lock", "opts.lock", "abort-safety.lock"])],
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
  ["objects", new Set(["maintenance.lock", "schedule.lock"])],
  ["objects/info", new Set(["alternates.lock", "commit-graph.lock"])],
  ["objects/info/commit-graphs", new Set(["commit-graph-chain.lock"])],
  ["objects/pack", new Set(["multi-pack-index.lock"])],
  ["objects/pack/multi-pack-index.d", new Set(["multi-pack-index-chain.lock"])],
]);
/** Of a repository that several work trees share, whose HEAD is nobody's. */
const sharedLocks: LockNames = new Map([...repositoryLocks, ["", new Set([...locksOfRoot, "HEAD.lock"])]]);
const deepestRefFolder = 12;
const mostRefFolders = 5_000;

/**
 * Lock files of one work tree: HEAD, index, operations, private refs and reflogs; of a clone the repository's too, and those
 * of the work trees that were made from it unless these are left to others.
 */
export function readGitLocks(
  reader: SlotReader,
  { gitDirectory, commonDirectory }: GitDirectories,
  { leavesLinkedTrees = false }: { readonly leavesLinkedTrees?: boolean } = {},
): GitLock[] {
  const isClone = gitDirectory === commonDirectory;
  const linked = isClone && !leavesLinkedTrees ? listAdminDirectories(reader, commonDirectory) : [];
  const ofClone = [
    ...(isClone ? findLocks(reader, commonDirectory, repositoryLocks) : []),
    ...linked.flatMap((admin) => listWorktreeLocks(reader, admin)),
  ];
  return [...listWorktreeLocks(reader, gitDirectory), ...ofClone].flatMap((path) => readLock(reader, path));
}

function listWorktreeLocks(reader: SlotReader, gitDirectory: string): string[] {
  return [...findLocks(reader, gitDirectory, worktreeLocks), ...listRefLocks(reader, gitDirectory)];
}

/** Lock files of a repository that several work trees share. */
export function readSharedGitLocks(reader: SlotReader, commonDirectory: string): GitLock[] {
  const paths = [
    ...findLocks(reader, commonDirectory, sharedLocks),
    ...listRefLocks(reader, commonDirectory),
  ];
  return paths.flatMap((path) => readLock(reader, path));
}

function findLocks(reader: SlotReader, directory: string, locks: LockNames): string[] {
  const found: string[] = [];
  for (const [folder, locked] of locks) {
    const at = folder === "" ? directory : `${directory}/${folder}`;
    for (const name of reader.listNames(at)) if (locked.has(name)) found.push(`${at}/${name}`);
  }
  return found;
}

/** Anything in a lock's place stops git, even if it is not a file. */
function readLock(reader: SlotReader, path: string): GitLock[] {
  const { stats } = reader.readEntry(path);
  if (stats === undefined) return [];
  const owner = basename(path) === "gc.pid" ? readGcOwner(reader, path) : undefined;
  return [
    { path, modifiedAt: writtenAt(stats), inode: stats.ino, ...(owner === undefined ? {} : { owner }) },
  ];
}

function readGcOwner(reader: SlotReader, path: string): GitLock["owner"] {
  const reading = reader.readRegularFile(path, { maxBytes: maxGcPidBytes });
  if (reading.kind !== "content") return undefined;
  const [, pid, hostName] = /^\s*(\d{1,10})\s+(\S+)/.exec(reading.content.toString("utf8")) ?? [];
  return pid === undefined || hostName === undefined ? undefined : { pid: Number(pid), hostName };
}

const maxGcPidBytes = 4096;

/** A ref's lock is beside its file; that of its reflog, which expiry takes, beside the reflog. */
function listRefLocks(reader: SlotReader, directory: string): string[] {
  const found: string[] = [];
  const pending = ["refs", "logs"].map((folder) => ({ folder: `${directory}/${folder}`, depth: 0 }));
  for (let read = 0, next = pending.pop(); next !== undefined && read < mostRefFolders; read++) {
    for (const entry of reader.listEntries(next.folder)) {
      if (entry.name.endsWith(".lock")) found.push(`${next.folder}/${entry.name}`);
      else if (entry.isDirectory() && next.depth < deepestRefFolder)
        pending.push({ folder: `${next.folder}/${entry.name}`, depth: next.depth + 1 });
    }
    next = pending.pop();
  }
  return found;
}
