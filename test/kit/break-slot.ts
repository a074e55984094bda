import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { CorruptionReason } from "../../src/anomalies/corruption-reason.ts";
import { git, type RealPool } from "./real-pool.ts";

/** Where the parts of one slot of a real pool are. */
export interface SlotParts {
  readonly pool: RealPool;
  readonly number: number;
  /** The work tree. */
  readonly path: string;
  readonly gitDirectory: string;
  readonly commonDirectory: string;
}

/** One row of the measured fault table. */
export interface FaultClass {
  readonly row: string;
  readonly name: string;
  readonly layouts: readonly ("clone" | "worktree")[];
  /** What a check says, among others. */
  readonly reason: CorruptionReason;
  /** True where only `fsck` sees it. */
  readonly isDeep?: boolean;
  readonly inject: (slot: SlotParts) => void;
}

export function slotParts(pool: RealPool, number: number): SlotParts {
  const path = pool.slotPath(number);
  const isClone = pool.layout === "clone";
  const common = isClone ? join(path, ".git") : pool.mainRepository;
  const gitDirectory = isClone ? common : join(common, "worktrees", `slot${number}`);
  return { pool, number, path, gitDirectory, commonDirectory: common };
}

const both = ["clone", "worktree"] as const;
const clone = ["clone"] as const;
const worktree = ["worktree"] as const;

/** Replaces a file's content, also one that git made read-only. @throws where something else is in its place. */
export function overwrite(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false) throw new Error(`${path} is no file`);
  if (existsSync(path)) chmodSync(path, 0o644);
  writeFileSync(path, content);
}

export function flipMiddle(path: string): void {
  const content = readFileSync(path);
  const middle = Math.floor(content.length / 2);
  content[middle] = (content[middle] ?? 0) ^ 0xff;
  overwrite(path, content);
}

export function halve(path: string): void {
  chmodSync(path, 0o644);
  truncateSync(path, Math.floor(readFileSync(path).length / 2));
}

const at =
  (place: "git" | "common", name: string, change: (path: string) => void) =>
  (slot: SlotParts): void => {
    change(join(place === "git" ? slot.gitDirectory : slot.commonDirectory, name));
  };
const remove = (path: string): void => {
  rmSync(path, { recursive: true });
};
const fill = (content: string) => (path: string) => {
  overwrite(path, content);
};

export function revision(slot: SlotParts, name: string): string {
  return git(slot.path, "rev-parse", "--verify", name);
}

export function objectPath(slot: SlotParts, objectId: string): string {
  return join(slot.commonDirectory, "objects", objectId.slice(0, 2), objectId.slice(2));
}

/** Packs everything, or nothing, so that a fault can be put into the one or the other. */
export function packAll(slot: SlotParts): string {
  git(slot.commonDirectory, "repack", "-adq");
  git(slot.commonDirectory, "prune-packed");
  return onlyPack(slot);
}

export function onlyPack({ commonDirectory }: SlotParts, ending = "pack"): string {
  const packs = join(commonDirectory, "objects", "pack");
  const sizeOf = (name: string): number => readFileSync(join(packs, name)).length;
  const names = readdirSync(packs)
    .filter((name) => name.endsWith(".pack"))
    .sort((a, b) => sizeOf(b) - sizeOf(a));
  return join(packs, (names[0] ?? "no pack").replace(/pack$/, ending));
}

export function unpackAll(slot: SlotParts): void {
  const packs = join(slot.commonDirectory, "objects", "pack");
  const aside = join(slot.pool.root, `packs-${slot.number}`);
  renameSync(packs, aside);
  mkdirSync(packs);
  for (const name of readdirSync(aside).filter((file) => file.endsWith(".pack")))
    execFileSync("git", ["--git-dir", slot.commonDirectory, "unpack-objects", "-q"], {
      input: readFileSync(join(aside, name)),
    });
  rmSync(aside, { recursive: true });
}

const emptyObject =
  (name: string, isPacked = false) =>
  (slot: SlotParts): void => {
    const objectId = revision(slot, name);
    if (isPacked) unpackAll(slot);
    overwrite(objectPath(slot, objectId), "");
  };

const damagePack =
  (damage: (path: string) => void, ending = "pack") =>
  (slot: SlotParts): void => {
    packAll(slot);
    damage(onlyPack(slot, ending));
  };

const flipTrailer = (path: string): void => {
  const content = readFileSync(path);
  content[content.length - 3] = (content[content.length - 3] ?? 0) ^ 0xff;
  overwrite(path, content);
};

const setConfig =
  (...args: string[]) =>
  (slot: SlotParts): void => {
    git(slot.pool.root, "config", "--file", join(slot.commonDirectory, "config"), ...args);
  };

const currentRef = (slot: SlotParts): string =>
  slot.pool.layout === "clone" ? "refs/heads/main" : `refs/heads/worktree/demo/slot${slot.number}`;
const onCurrentRef =
  (change: (path: string) => void) =>
  (slot: SlotParts): void => {
    change(join(slot.commonDirectory, currentRef(slot)));
  };

/** Rows of the measured table, by their numbers. */
export const faultClasses: readonly FaultClass[] = [
  {
    row: "01",
    name: "HEAD is missing",
    layouts: clone,
    reason: "head_missing",
    inject: at("git", "HEAD", remove),
  },
  {
    row: "02",
    name: "HEAD is empty",
    layouts: clone,
    reason: "head_invalid",
    inject: at("git", "HEAD", fill("")),
  },
  {
    row: "03",
    name: "HEAD is garbage",
    layouts: both,
    reason: "head_invalid",
    inject: at("git", "HEAD", fill("\0\u0001junk")),
  },
  {
    row: "04",
    name: "the current branch is gone",
    layouts: both,
    reason: "head_branch_missing",
    inject: onCurrentRef(remove),
  },
  {
    row: "05",
    name: "the current branch is empty",
    layouts: both,
    reason: "ref_invalid",
    inject: onCurrentRef(fill("")),
  },
  {
    row: "06",
    name: "the current branch is NUL bytes",
    layouts: both,
    reason: "ref_invalid",
    inject: onCurrentRef(fill("\0".repeat(41))),
  },
  {
    row: "07",
    name: "the current branch names no object",
    layouts: both,
    reason: "ref_target_missing",
    inject: onCurrentRef(fill(`${"1".repeat(40)}\n`)),
  },
  {
    row: "08",
    name: "another branch is empty",
    layouts: clone,
    reason: "ref_invalid",
    inject: at("common", "refs/heads/other", fill("")),
  },
  {
    row: "08r",
    name: "a remote branch is empty",
    layouts: clone,
    reason: "ref_invalid",
    inject: at("common", "refs/remotes/origin/topic", fill("")),
  },
  {
    row: "09",
    name: "packed-refs is garbage",
    layouts: both,
    reason: "packed_refs_invalid",
    inject: packRefsThen(fill("\0\0junk\n")),
  },
  {
    row: "10",
    name: "packed-refs is truncated",
    layouts: both,
    reason: "packed_refs_invalid",
    inject: packRefsThen(halve),
  },
  {
    row: "11",
    name: "the unpushed commit is empty",
    layouts: clone,
    reason: "object_corrupt",
    inject: emptyObject("HEAD"),
  },
  {
    row: "11p",
    name: "a pushed commit is empty",
    layouts: clone,
    reason: "object_corrupt",
    isDeep: true,
    inject: emptyObject("HEAD~1", true),
  },
  {
    row: "12",
    name: "a blob of HEAD is empty",
    layouts: clone,
    reason: "object_corrupt",
    inject: emptyObject("HEAD:committed.txt"),
  },
  {
    row: "13",
    name: "the tree of the unpushed commit is gone",
    layouts: clone,
    reason: "object_missing",
    isDeep: true,
    inject: (slot) => {
      rmSync(objectPath(slot, revision(slot, "HEAD^{tree}")));
    },
  },
  {
    row: "14",
    name: "a staged blob is empty",
    layouts: clone,
    reason: "object_corrupt",
    inject: emptyObject(":staged.txt"),
  },
  {
    row: "15",
    name: "the pack is truncated",
    layouts: clone,
    reason: "pack_corrupt",
    inject: damagePack(halve),
  },
  {
    row: "16",
    name: "the pack is bit-flipped",
    layouts: both,
    reason: "pack_corrupt",
    isDeep: true,
    inject: damagePack(flipMiddle),
  },
  {
    row: "17",
    name: "the pack's trailer is flipped",
    layouts: both,
    reason: "pack_corrupt",
    inject: damagePack(flipTrailer),
  },
  {
    row: "18",
    name: "the pack's index is missing",
    layouts: both,
    reason: "pack_index_missing",
    inject: damagePack(remove, "idx"),
  },
  {
    row: "19",
    name: "the pack's index is truncated",
    layouts: both,
    reason: "pack_index_corrupt",
    inject: damagePack(halve, "idx"),
  },
  {
    row: "20",
    name: "the pack's index is empty",
    layouts: both,
    reason: "pack_index_corrupt",
    inject: damagePack(fill(""), "idx"),
  },
  {
    row: "21",
    name: "the pack is missing beside its index",
    layouts: clone,
    reason: "pack_missing",
    inject: (slot) => {
      remove(onlyPack(slot));
    },
  },
  {
    row: "22",
    name: "the index is empty",
    layouts: both,
    reason: "index_corrupt",
    inject: at("git", "index", fill("")),
  },
  {
    row: "23",
    name: "the index is garbage",
    layouts: both,
    reason: "index_corrupt",
    inject: at("git", "index", fill("junk")),
  },
  {
    row: "24",
    name: "the index is truncated",
    layouts: both,
    reason: "index_corrupt",
    inject: at("git", "index", halve),
  },
  {
    row: "25",
    name: "the index is bit-flipped",
    layouts: both,
    reason: "index_corrupt",
    inject: at("git", "index", flipMiddle),
  },
  {
    row: "40",
    name: "the config is garbage",
    layouts: both,
    reason: "config_invalid",
    inject: at("common", "config", fill("[core\n\0")),
  },
  {
    row: "41",
    name: "the config is empty",
    layouts: both,
    reason: "config_invalid",
    inject: at("common", "config", fill("")),
  },
  {
    row: "42",
    name: "the config is missing",
    layouts: both,
    reason: "config_missing",
    inject: at("common", "config", remove),
  },
  {
    row: "43",
    name: "the config says format 9",
    layouts: both,
    reason: "config_invalid",
    inject: setConfig("core.repositoryformatversion", "9"),
  },
  {
    row: "44",
    name: "the config says bare",
    layouts: clone,
    reason: "config_invalid",
    inject: setConfig("core.bare", "true"),
  },
  {
    row: "45",
    name: "the config names another work tree",
    layouts: clone,
    reason: "config_unsafe",
    inject: setConfig("core.worktree", "/nowhere"),
  },
  {
    row: "46",
    name: "objects is missing",
    layouts: clone,
    reason: "git_objects_missing",
    inject: at("common", "objects", remove),
  },
  {
    row: "47",
    name: "refs is missing",
    layouts: clone,
    reason: "git_refs_missing",
    inject: at("common", "refs", remove),
  },
  {
    row: "48",
    name: ".git is missing",
    layouts: clone,
    reason: "git_missing",
    inject: (slot) => {
      remove(join(slot.path, ".git"));
    },
  },
  {
    row: "50",
    name: "the commit-graph is corrupt",
    layouts: both,
    reason: "commit_graph_corrupt",
    isDeep: true,
    inject: damageCache("commit-graph", "write", "--reachable"),
  },
  {
    row: "51",
    name: "the multi-pack-index is corrupt",
    layouts: both,
    reason: "multi_pack_index_corrupt",
    isDeep: true,
    inject: damageCache("multi-pack-index", "write"),
  },
  {
    row: "52",
    name: "the shallow file is garbage",
    layouts: clone,
    reason: "shallow_invalid",
    inject: at("common", "shallow", fill("junk\n")),
  },
  {
    row: "60",
    name: "the store it borrows from is gone",
    layouts: clone,
    reason: "alternates_broken",
    inject: loseAlternates,
  },
  {
    row: "70",
    name: "the .git file is missing",
    layouts: worktree,
    reason: "worktree_link_missing",
    inject: (slot) => {
      remove(join(slot.path, ".git"));
    },
  },
  {
    row: "71",
    name: "the .git file is empty",
    layouts: worktree,
    reason: "worktree_link_invalid",
    inject: (slot) => {
      overwrite(join(slot.path, ".git"), "");
    },
  },
  {
    row: "72",
    name: "the admin directory is gone",
    layouts: worktree,
    reason: "worktree_admin_missing",
    inject: at("git", ".", remove),
  },
  {
    row: "73",
    name: "the backlink is wrong",
    layouts: worktree,
    reason: "worktree_backlink_invalid",
    inject: at("git", "gitdir", fill("/nowhere/.git\n")),
  },
  {
    row: "74",
    name: "the backlink is missing",
    layouts: worktree,
    reason: "worktree_backlink_invalid",
    inject: at("git", "gitdir", remove),
  },
  {
    row: "75",
    name: "the commondir is missing",
    layouts: worktree,
    reason: "worktree_commondir_invalid",
    inject: at("git", "commondir", remove),
  },
  {
    row: "76",
    name: "the links lead where the pool was before",
    layouts: worktree,
    reason: "worktree_link_invalid",
    inject: movePool,
  },
  {
    row: "77",
    name: "the work tree's HEAD is missing",
    layouts: worktree,
    reason: "head_missing",
    inject: at("git", "HEAD", remove),
  },
  {
    row: "78",
    name: "the work tree's HEAD is NUL bytes",
    layouts: worktree,
    reason: "head_invalid",
    inject: at("git", "HEAD", fill("\0".repeat(20))),
  },
];

function packRefsThen(damage: (path: string) => void) {
  return (slot: SlotParts): void => {
    git(slot.commonDirectory, "pack-refs", "--all");
    damage(join(slot.commonDirectory, "packed-refs"));
  };
}

function damageCache(name: string, ...command: string[]) {
  return (slot: SlotParts): void => {
    packAll(slot);
    git(slot.commonDirectory, name, ...command);
    const folder = name === "commit-graph" ? "info" : "pack";
    flipMiddle(join(slot.commonDirectory, "objects", folder, name));
  };
}

/** The objects of the slot are in a mirror, as after `git clone --shared`, and the mirror is removed. */
function loseAlternates(slot: SlotParts): void {
  const mirror = join(slot.pool.root, "mirror.git");
  git(slot.pool.root, "clone", "-q", "--bare", slot.pool.url, mirror);
  overwrite(join(slot.commonDirectory, "objects", "info", "alternates"), `${join(mirror, "objects")}\n`);
  git(slot.path, "repack", "-adlq");
  rmSync(mirror, { recursive: true });
}

function movePool(slot: SlotParts): void {
  const before = "/where/it/was/.main_repo/worktrees";
  overwrite(join(slot.path, ".git"), `gitdir: ${before}/slot${slot.number}\n`);
  overwrite(join(slot.gitDirectory, "gitdir"), `/where/it/was/worktrees/slot${slot.number}/.git\n`);
}

/** The ten locks of the measured table: where git leaves them. */
export const gitLocks: readonly { readonly name: string; readonly place: "git" | "common" }[] = [
  { name: "index.lock", place: "git" },
  { name: "HEAD.lock", place: "git" },
  { name: "refs/heads/main.lock", place: "common" },
  { name: "refs/remotes/origin/main.lock", place: "common" },
  { name: "packed-refs.lock", place: "common" },
  { name: "config.lock", place: "common" },
  { name: "shallow.lock", place: "common" },
  { name: "gc.pid", place: "common" },
  { name: "objects/maintenance.lock", place: "common" },
  { name: "objects/info/commit-graph.lock", place: "common" },
];

export function leaveGitLock(slot: SlotParts, lock: (typeof gitLocks)[number]): string {
  const path = join(lock.place === "git" ? slot.gitDirectory : slot.commonDirectory, lock.name);
  overwrite(path, "a killed git left this");
  const old = new Date(Date.now() - 3 * 3_600_000);
  utimesSync(path, old, old);
  return path;
}
