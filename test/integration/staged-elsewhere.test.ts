import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { LendingError } from "../../src/lending/lending-error.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { restoreWork } from "../../src/salvage/restore/restore-work.ts";
import { listSalvages } from "../../src/salvage/salvage-store.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { sampleLayouts, sampleOf } from "../kit/sample.ts";
import { SlotPlace } from "../kit/slot-place.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

/** Content that the index of a linked work tree alone names, and that is in a pack. @returns its object id. */
function stageInLinkedTree(tree: string): string {
  const slot = pool.slotPath(1);
  git(slot, "worktree", "add", "-q", "--detach", tree);
  writeFileSync(join(tree, "work.txt"), "staged\n");
  git(tree, "add", "work.txt");
  const id = git(tree, "rev-parse", ":work.txt");
  writeFileSync(join(tree, "work.txt"), "written over\n");
  packLoose();
  return id;
}

/** Puts every loose object into a pack, as maintenance does: what lies there loose is saved in any case. */
function packLoose(): void {
  const { commonDirectory, path } = new SlotPlace(pool, 1);
  const objects = join(commonDirectory, "objects");
  const folders = readdirSync(objects).filter((name) => name.length === 2);
  const ids = folders.flatMap((folder) =>
    readdirSync(join(objects, folder)).map((name) => `${folder}${name}`),
  );
  execFileSync("git", ["-C", path, "pack-objects", "-q", join(objects, "pack", "pack")], {
    input: ids.map((id) => `${id}\n`).join(""),
  });
  git(path, "prune-packed", "-q");
  expect(git(path, "count-objects")).toMatch(/^0 objects/);
}

/** Takes the slot back. The work itself says that it is unsaved: an untracked file would. */
async function release(): Promise<void> {
  pool.writeRecord(1, { state: "allocated" });
  const { workspacesDir, stateDir } = pool;
  const config = { ...createDefaultConfig(pool.root), workspacesDir, stateDir };
  await new PoolManager({ config }).releaseSlot(pool.slotId(1)).catch((error: unknown) => {
    // A slot that is broken or locked ends out of rotation, its work saved.
    if (!(error instanceof LendingError)) throw error;
  });
}

async function restoreAll(): Promise<string[]> {
  const { stateDir, workspacesDir } = pool;
  const directories: string[] = [];
  for (const { id } of listSalvages(stateDir)) {
    const directory = join(pool.root, `restored-${id}`);
    await restoreWork({ id, directory, stateDir, workspacesDir, now: new Date() });
    directories.push(directory);
  }
  return directories;
}

/** The ids of all objects that the salvages give back. */
async function savedObjects(): Promise<string> {
  const found = (await restoreAll()).map((directory) => {
    git(directory, "gc", "-q", "--prune=now");
    return git(directory, "cat-file", "--batch-all-objects", "--batch-check");
  });
  return found.join("\n");
}

describe.each(sampleLayouts("work staged elsewhere"))("in a %s slot", (layout) => {
  test.each([
    ["in a work tree inside the slot", "sound"],
    ["beside the index of another one that is damaged", "damaged"],
  ])("what is staged %s is saved, and is no garbage of the restored repository", async (_, state) => {
    pool = new RealPool(1, layout);
    const slot = pool.slotPath(1);
    const id = stageInLinkedTree(join(slot, ".wt", "one"));
    if (state === "damaged") {
      const tree = join(slot, ".wt", "two");
      git(slot, "worktree", "add", "-q", "--detach", tree);
      writeFileSync(git(tree, "rev-parse", "--path-format=absolute", "--git-path", "index"), "torn");
    }
    rmSync(join(slot, ".wt", "one", "file.txt"));
    await release();
    expect(await savedObjects()).toContain(id);
  });

  test.each([
    ["of a branch", { branch: "topic", message: "WIP" }],
    ["of a branch whose name is not ASCII", { branch: "café", message: "WIP" }],
    ["with a carriage return in its message", { branch: "topic", message: "x\ry" }],
  ])("a stash %s that was dropped is saved", async (_, { branch, message }) => {
    pool = new RealPool(1, layout);
    const slot = pool.slotPath(1);
    git(slot, "checkout", "-q", "-b", branch);
    writeFileSync(join(slot, "file.txt"), "stashed\n");
    git(slot, "stash", "push", "-q", "-m", message);
    const id = git(slot, "rev-parse", "stash@{0}");
    git(slot, "stash", "drop", "-q");
    await release();
    expect(await savedObjects()).toContain(id);
  });

  test.each([
    ["a garbage collection", (slot: string) => git(slot, "gc", "-q", "--cruft")],
    ["maintenance that packs loose objects", packLoose],
  ])("a stash that was dropped, and what was staged once, are saved after %s", async (_, clean) => {
    pool = new RealPool(1, layout);
    const slot = pool.slotPath(1);
    writeFileSync(join(slot, "file.txt"), "stashed\n");
    git(slot, "stash", "-q");
    const ids = [git(slot, "rev-parse", "stash@{0}"), blob(slot, "staged once\n")];
    git(slot, "stash", "drop", "-q");
    clean(slot);
    expect(git(slot, "count-objects", "-v")).toContain("count: 0\n");
    await release();
    const saved = await savedObjects();
    for (const id of ids) expect(saved).toContain(id);
  });
});

/** A blob that nothing names yet. */
function blob(slot: string, content: string): string {
  return execFileSync("git", ["-C", slot, "hash-object", "-w", "--stdin"], {
    input: content,
    encoding: "utf8",
  }).trim();
}

function commitOf(slot: string, tree: string): string {
  return git(slot, "commit-tree", "-m", "own", "-p", "HEAD", tree);
}

function treeOf(slot: string, id: string): string {
  const input = `100644 blob ${id}\town.txt\n`;
  return execFileSync("git", ["-C", slot, "mktree"], { input, encoding: "utf8" }).trim();
}

/** The content's entry goes into the part that the index shares; `lost` is what is taken away then. */
function loseIndex(slot: SlotPlace, id: string, lost: RegExp): void {
  slot.run("update-index", "--add", "--cacheinfo", `100644,${id},own.txt`);
  slot.run("update-index", "--split-index");
  for (const name of readdirSync(slot.gitDirectory))
    if (lost.test(name)) rmSync(join(slot.gitDirectory, name));
}

/** Content that one file of the git directory leads to, and nothing else. `name` gets the content's commit. */
const hidingPlaces: readonly [string, (slot: SlotPlace, name: { blob: string; commit: string }) => void][] = [
  [
    "the index of a linked work tree elsewhere",
    (slot, { blob: id }) => {
      const tree = join(pool.root, "elsewhere");
      slot.run("worktree", "add", "-q", "--detach", tree);
      git(tree, "update-index", "--add", "--cacheinfo", `100644,${id},own.txt`);
    },
  ],
  [
    "the index of a linked work tree that is gone",
    (slot, { blob: id }) => {
      const tree = join(pool.root, "elsewhere");
      slot.run("worktree", "add", "-q", "--detach", tree);
      git(tree, "update-index", "--add", "--cacheinfo", `100644,${id},own.txt`);
      rmSync(tree, { recursive: true });
    },
  ],
  [
    "the HEAD of a linked work tree elsewhere",
    (slot, { commit }) => {
      slot.run("worktree", "add", "-q", "--detach", join(pool.root, "elsewhere"), commit);
      rmSync(join(slot.gitDirectory, "worktrees", "elsewhere", "logs"), { recursive: true });
    },
  ],
  [
    "the shared part of a split index that is lost",
    (slot, { blob: id }) => {
      loseIndex(slot, id, /^sharedindex/);
    },
  ],
  [
    "an index that is lost",
    (slot, { blob: id }) => {
      loseIndex(slot, id, /index/);
    },
  ],
  [
    "an index that a program keeps under another name",
    (slot, { blob: id }) => {
      const index = join(slot.gitDirectory, "index");
      const kept = readFileSync(index);
      slot.run("update-index", "--add", "--cacheinfo", `100644,${id},own.txt`);
      copyFileSync(index, join(slot.gitDirectory, "my-index"));
      writeFileSync(index, kept);
    },
  ],
  [
    "the index.lock that a killed git left",
    (slot, { blob: id }) => {
      const index = join(slot.gitDirectory, "index");
      const kept = readFileSync(index);
      slot.run("update-index", "--add", "--cacheinfo", `100644,${id},own.txt`);
      renameSync(index, `${index}.lock`);
      writeFileSync(index, kept);
    },
  ],
  [
    "a conflict that was resolved",
    (slot, { blob: id }) => {
      const head = slot.run("rev-parse", "HEAD:file.txt");
      const stages = [id, head, head].map((each, index) => `100644 ${each} ${index + 1}\tfile.txt\n`);
      const input = `0 ${"0".repeat(40)}\tfile.txt\n${stages.join("")}`;
      execFileSync("git", ["-C", slot.path, "update-index", "--index-info"], { input });
      slot.run("add", "file.txt");
      expect(slot.run("ls-files", "--resolve-undo")).toContain(id);
      writeFileSync(join(slot.path, "untracked.txt"), "work\n");
    },
  ],
  [
    "the head of an operation in progress",
    (slot, { commit }) => {
      writeFileSync(join(slot.gitDirectory, "CHERRY_PICK_HEAD"), `${commit}\n`);
    },
  ],
  [
    "the list of a rebase in a linked work tree",
    (slot, { commit }) => {
      slot.run("worktree", "add", "-q", "--detach", join(pool.root, "elsewhere"));
      const folder = join(slot.gitDirectory, "worktrees", "elsewhere", "rebase-merge");
      mkdirSync(folder);
      writeFileSync(join(folder, "git-rebase-todo"), `pick ${commit} own\n`);
    },
  ],
  [
    "the reflog of a stash whose ref is gone",
    (slot, { commit }) => {
      slot.run("stash", "store", "-m", "kept", commit);
      rmSync(join(slot.gitDirectory, "refs", "stash"));
    },
  ],
  [
    "a stash of which neither ref nor log is there",
    (slot) => {
      writeFileSync(join(slot.path, "untracked.txt"), "work\n");
    },
  ],
  [
    "the operation log of Jujutsu",
    (slot, { commit }) => {
      // Objects of others are among the slot's: what nothing names need not be its own.
      writeFileSync(
        join(slot.gitDirectory, "objects", "info", "alternates"),
        `${join(pool.origin, "objects")}\n`,
      );
      const views = join(slot.path, ".jj", "repo", "op_store", "views");
      mkdirSync(views, { recursive: true });
      writeFileSync(join(slot.path, ".jj", ".gitignore"), "/*\n");
      writeFileSync(join(views, "a".repeat(128)), Buffer.from(`0a14${commit}12021a00`, "hex"));
    },
  ],
  [
    "a private ref of a linked work tree",
    (slot, { commit }) => {
      const tree = join(pool.root, "elsewhere");
      slot.run("worktree", "add", "-q", "--detach", tree);
      git(tree, "update-ref", "refs/worktree/own", commit);
    },
  ],
];

test.each(sampleOf(hidingPlaces, 3, "hiding places"))(
  "a complete salvage holds what %s alone leads to",
  async (_, hide) => {
    pool = new RealPool(1);
    const slot = new SlotPlace(pool, 1);
    const id = blob(slot.path, "own\n");
    hide(slot, { blob: id, commit: commitOf(slot.path, treeOf(slot.path, id)) });
    packLoose();
    await release();
    const [salvage] = listSalvages(pool.stateDir);
    const repository = join(pool.stateDir, "salvage", salvage?.id ?? "", "repository.git");
    expect(git(repository, "cat-file", "--batch-all-objects", "--batch-check")).toContain(id);
  },
);

test.each(["staged", "committed on no branch", "stashed"])(
  "what is %s in a nested repository comes back with that repository",
  async (state) => {
    pool = new RealPool(1);
    const nested = join(pool.slotPath(1), "nested");
    git(pool.root, "clone", "-q", pool.url, nested);
    writeFileSync(join(nested, "file.txt"), `${state}\n`);
    git(nested, "add", "file.txt");
    const id = git(nested, "rev-parse", ":file.txt");
    if (state === "stashed") git(nested, "stash");
    if (state === "committed on no branch") {
      git(nested, "checkout", "-q", "--detach");
      git(nested, "commit", "-q", "-m", "own");
      git(nested, "checkout", "-q", "main");
    }
    git(nested, "repack", "-adq");
    await release();
    const [directory] = await restoreAll();
    expect(git(join(directory ?? "", "nested"), "cat-file", "-p", id)).toBe(state);
  },
);

test("objects that isomorphic-git wrote into the own directory of a work tree are saved as files", async () => {
  pool = new RealPool(1, "worktree");
  const { path, commonDirectory, gitDirectory } = new SlotPlace(pool, 1);
  writeFileSync(join(path, "work.txt"), "work\n");
  const id = git(path, "hash-object", "-w", "work.txt");
  const folder = join("objects", id.slice(0, 2));
  mkdirSync(join(gitDirectory, folder), { recursive: true });
  renameSync(join(commonDirectory, folder, id.slice(2)), join(gitDirectory, folder, id.slice(2)));
  await release();
  const [restored = ""] = await restoreAll();
  expect(readdirSync(join(restored, ".git", "salvage", "git", folder))).toEqual([id.slice(2)]);
});
