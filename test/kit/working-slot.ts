import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  cpSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inflateSync } from "node:zlib";
import { git, RealPool } from "./real-pool.ts";
import { SlotPlace } from "./slot-place.ts";

/** Gives the origin some history, a second branch and folders, and every slot its present state. */
export function addHistory(pool: RealPool, slotCount: number): void {
  const seed = join(pool.root, "seed");
  git(seed, "remote", "add", "origin", pool.url);
  for (const round of [1, 2, 3]) {
    for (const name of ["a", "b", "c"]) {
      mkdirSync(join(seed, `d${round}`), { recursive: true });
      writeFileSync(join(seed, `d${round}`, `${name}.txt`), `${name} of round ${round}\n`.repeat(20 + round));
    }
    git(seed, "add", ".");
    git(seed, "commit", "-q", "-m", `round ${round}`);
  }
  git(seed, "push", "-q", "origin", "main", "main:refs/heads/topic");
  git(seed, "tag", "v1");
  git(seed, "push", "-q", "origin", "v1");
  if (pool.layout === "worktree")
    git(pool.mainRepository, "fetch", "-q", pool.url, "+main:main", "+topic:topic");
  for (let number = 1; number <= slotCount; number++) {
    if (pool.layout === "clone") git(pool.slotPath(number), "pull", "-q");
    else git(pool.slotPath(number), "merge", "-q", "--ff-only", "main");
  }
}

/**
 * An unpushed commit, a stash, staged, unstaged, untracked and ignored work, and a second branch of one's own. Every
 * piece carries a marker (`MARK-…`) that is nowhere else.
 */
export function leaveWork(slot: SlotPlace): void {
  const write = (name: string, content: string): void => {
    mkdirSync(dirname(join(slot.path, name)), { recursive: true });
    writeFileSync(join(slot.path, name), content);
  };
  if (slot.pool.layout === "clone") git(slot.path, "branch", "-q", "other", "HEAD~1");
  write("d1/a.txt", "MARK-stashed\n");
  git(slot.path, "stash", "-q");
  write("committed.txt", "MARK-committed\n");
  write("sub/committed.txt", "MARK-committed-below\n");
  write(".gitignore", "*.ignored\n# MARK-ignore-file\n");
  git(slot.path, "add", ".");
  git(slot.path, "reset", "-q", "--", "slot.json");
  git(slot.path, "commit", "-q", "-m", "MARK-message");
  write("staged.txt", "MARK-staged\n");
  write("d1/b.txt", "MARK-staged-change\n");
  git(slot.path, "add", "staged.txt", "d1/b.txt");
  write("d1/b.txt", "MARK-changed-after-staging\n");
  write("d1/c.txt", "MARK-unstaged\n");
  write("untracked.txt", "MARK-untracked\n");
  write("work.ignored", "MARK-ignored\n");
}

/** Nothing that carries a marker is larger, and a sparse file can claim any size. */
const largestFileBytes = 64 * 1024 * 1024;

/** Every marker that anybody could still read below these directories: in files, loose objects and packs. */
export function readableMarkers(...directories: string[]): Set<string> {
  const markers = new Set<string>();
  const add = (found: Iterable<string>): void => {
    for (const marker of found) markers.add(marker);
  };
  for (const path of directories.flatMap((directory) => listFiles(directory))) {
    const content = readFileOrLink(path);
    if (content === undefined) continue;
    add(markersIn(content));
    try {
      add(markersIn(inflateSync(content)));
    } catch {
      // Not a loose object.
    }
    if (path.endsWith(".pack")) add(markersOfPack(content));
  }
  return markers;
}

/** A part at a time, since no string holds what a large pack unpacks to; a marker is shorter than what two parts share. */
function markersIn(content: Buffer): Set<string> {
  const markers = new Set<string>();
  for (let start = 0; start < content.length; start += largestFileBytes) {
    const part = content.toString("latin1", start, start + largestFileBytes + 1024);
    for (const { 0: marker, index } of part.matchAll(/MARK-[a-z-]+/g))
      if (index < largestFileBytes) markers.add(marker);
  }
  return markers;
}

/** By digest: slots and what is kept of them have the same packs. What one search learned another process may be given. */
export const knownPacks = new Map<string, ReadonlySet<string>>();

function markersOfPack(pack: Buffer): ReadonlySet<string> {
  const digest = createHash("sha1").update(pack).digest("hex");
  const markers = knownPacks.get(digest) ?? markersIn(readPack(pack));
  knownPacks.set(digest, markers);
  return markers;
}

/** Undefined if it is too large, or has gone since it was listed. */
function readFileOrLink(path: string): Buffer | undefined {
  return unlessGone(() =>
    lstatSync(path).isSymbolicLink() ? Buffer.from(readlinkSync(path)) : readRegularFile(path),
  );
}

/** A FIFO may have taken the place of a file since it was listed, and would be waited for. */
function readRegularFile(path: string): Buffer | undefined {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() && stats.size <= largestFileBytes ? readFileSync(descriptor) : undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** Undefined if what is read went, or became something else, in between. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (
      ["ENOENT", "ENOTDIR", "EISDIR", "EINVAL", "ELOOP", "ENXIO"].includes(
        (error as NodeJS.ErrnoException).code ?? "",
      )
    )
      return undefined;
    throw error;
  }
}

function readPack(pack: Buffer): Buffer {
  const scratch = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-pack-"));
  try {
    git(scratch, "init", "-q", "--bare", ".");
    try {
      execFileSync("git", ["unpack-objects", "-q", "-r"], {
        cwd: scratch,
        input: pack,
        stdio: ["pipe", "pipe", "pipe"],
      });
    } catch {
      // A damaged pack: what could be unpacked is there.
    }
    // A damaged pack can unpack to more than memory holds.
    return spawnSync("git", ["cat-file", "--batch", "--batch-all-objects"], {
      cwd: scratch,
      maxBuffer: 512 << 20,
    }).stdout;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function listFiles(directory: string): string[] {
  const stats = lstatSync(directory, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  return stats.isDirectory() ? listFilesBelow(directory) : [directory];
}

function listFilesBelow(directory: string): string[] {
  const entries = unlessGone(() => readdirSync(directory, { withFileTypes: true })) ?? [];
  return entries.flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return listFilesBelow(path);
    // A FIFO would be waited for.
    return entry.isFile() || entry.isSymbolicLink() ? [path] : [];
  });
}

/** What every file below is, by path: to show that nothing changed. */
export function fingerprint(...directories: string[]): Record<string, string> {
  const files = directories.flatMap((directory) => listFiles(directory));
  const digest = (path: string): string =>
    lstatSync(path).isSymbolicLink()
      ? readlinkSync(path)
      : createHash("sha1").update(readFileSync(path)).digest("hex");
  return Object.fromEntries(files.map((path) => [path, digest(path)]));
}

/** Pools are made once and copied, each to the same path again: their files name it. */
export class PoolTemplate {
  readonly pool: RealPool;
  readonly #copy: string;

  constructor(layout: RealPool["layout"], slotCount = 3, Pool: typeof RealPool = RealPool) {
    this.pool = new Pool(slotCount, layout);
    addHistory(this.pool, slotCount);
    leaveWork(new SlotPlace(this.pool, 2));
    this.#copy = `${this.pool.root}-template`;
    cpSync(this.pool.root, this.#copy, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  }

  reset(): void {
    rmSync(this.pool.root, { recursive: true, force: true });
    cpSync(this.#copy, this.pool.root, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  }

  destroy(): void {
    rmSync(this.#copy, { recursive: true, force: true });
    this.pool.destroy();
  }
}
