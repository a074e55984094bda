import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PoolManager } from "../../src/pool-manager.ts";
import type { RecoveryReport } from "../../src/recovery/recovery-report.ts";
import { AgentTrees } from "../kit/agent-trees.ts";
import { runWithoutConfig } from "../kit/commands-of-trees.ts";
import { git } from "../kit/real-pool.ts";
import { rememberHeads } from "../kit/remember-heads.ts";
import { digestTree } from "../kit/tree-digest.ts";

let trees: AgentTrees;
let manager: PoolManager;

beforeEach(() => {
  trees = new AgentTrees();
  manager = trees.manager(trees.source({ allow: ["move_git_lock", "repair"] }));
  writeFileSync(join(trees.tree("one"), "own.txt"), "own\n");
  git(trees.tree("one"), "add", "own.txt");
  git(trees.tree("one"), "commit", "-q", "-m", "own");
  writeFileSync(join(trees.tree("one"), "new.txt"), "unsaved\n");
});

afterEach(() => {
  trees.destroy();
});

const remember = (): Promise<void> => rememberHeads(manager, trees.stateDir, trees.tree("one"));

function recover(options: { restoreMissing?: boolean } = {}): Promise<RecoveryReport> {
  const { slotId, repoName: pool } = manager.requireWatchedSlot(trees.tree("one"));
  return manager.recover(manager.createRequest({ slotId, force: false, input: { pool, ...options } }));
}

const sourceTree = (): string => join(trees.root, "src");

test("a work tree whose registration is lost gets one again, on its branch, its work saved first", async () => {
  await remember();
  const files = digestTree(trees.tree("one"));
  rmSync(trees.admin("one"), { recursive: true });
  const beside = digestTree(sourceTree());
  const report = await recover();
  const [action] = report.actions;
  expect(action, JSON.stringify(report)).toMatchObject({ action: "restore_links", outcome: "done" });
  expect(action?.salvageId).toBeDefined();
  expect(report.corruptedRecovered).toBe(1);
  expect(git(trees.tree("one"), "status", "--short", "--branch")).toBe("## one\n?? new.txt");
  expect(digestTree(trees.tree("one"))).toEqual(files);
  rmSync(trees.admin("one"), { recursive: true });
  expect(digestTree(sourceTree())).toEqual(beside);
});

test("a detached work tree is registered again at its commit, also if it was the last registration", async () => {
  git(trees.tree("one"), "checkout", "-q", "--detach");
  git(trees.repository, "worktree", "remove", trees.tree("two"));
  await remember();
  const commit = git(trees.tree("one"), "rev-parse", "HEAD");
  rmSync(join(trees.repository, ".git", "worktrees"), { recursive: true });
  await recover();
  expect(git(trees.tree("one"), "rev-parse", "HEAD")).toBe(commit);
  expect(git(trees.tree("one"), "branch", "--show-current")).toBe("");
});

test.each([
  { name: "no copy tells what HEAD was", prepare: () => undefined },
  {
    name: "its branch is checked out elsewhere by now",
    prepare: async () => {
      await remember();
      rmSync(trees.admin("one"), { recursive: true });
      git(trees.repository, "checkout", "-q", "one");
    },
  },
  {
    name: "the commit is gone",
    prepare: async () => {
      git(trees.tree("one"), "checkout", "-q", "--detach");
      git(trees.tree("one"), "commit", "-q", "--allow-empty", "-m", "on no branch");
      await remember();
      rmSync(trees.admin("one"), { recursive: true });
      git(trees.repository, "reflog", "expire", "--expire=now", "--all");
      git(trees.repository, "prune", "--expire=now");
    },
  },
  {
    name: "a copy of the work tree names the same registration",
    prepare: async () => {
      await remember();
      cpSync(trees.tree("one"), trees.tree("copy"), { recursive: true });
    },
  },
])("a lost registration is told, and nothing is made, if $name", async ({ prepare }) => {
  await prepare();
  rmSync(trees.admin("one"), { recursive: true, force: true });
  const before = digestTree(sourceTree());
  const { actions } = await recover();
  expect(actions.map(({ outcome }) => outcome)).not.toContain("done");
  expect(existsSync(trees.admin("one"))).toBe(false);
  expect(digestTree(sourceTree())).toEqual(before);
});

test("nothing is registered through a link that leads out of the repository", async () => {
  await remember();
  const outside = join(trees.root, "outside");
  const worktrees = join(trees.repository, ".git", "worktrees");
  cpSync(worktrees, outside, { recursive: true });
  rmSync(worktrees, { recursive: true });
  rmSync(join(outside, "one"), { recursive: true });
  symlinkSync(outside, worktrees);
  const before = digestTree(outside);
  await recover();
  expect(digestTree(outside)).toEqual(before);
});

test("a work tree that is gone is told with what only its registration holds, and comes back only on request", async () => {
  const tree = trees.tree("one");
  git(tree, "checkout", "-q", "--detach");
  git(tree, "commit", "-q", "--allow-empty", "-m", "on no branch");
  writeFileSync(join(tree, "own.txt"), "staged\n");
  git(tree, "add", "own.txt");
  const commit = git(tree, "rev-parse", "HEAD");
  rmSync(tree, { recursive: true });
  const before = digestTree(sourceTree());
  const told = await runWithoutConfig(trees, "recover", tree);
  expect(told.printed).toContain(`1 commit up to its HEAD ${commit} on no branch`);
  expect(told.printed).toContain("1 file staged");
  expect(digestTree(sourceTree())).toEqual(before);
  const { printed } = await runWithoutConfig(trees, "recover", tree, "--restore-missing");
  expect(printed).toContain("restore_links done");
  expect(git(tree, "rev-parse", "HEAD")).toBe(commit);
  expect(git(tree, "status", "--short")).toBe("M  own.txt");
  expect(readFileSync(join(tree, "own.txt"), "utf8")).toBe("staged\n");
});

test("a work tree that lay beside its repository is found by its path after it is gone", async () => {
  const beside = join(trees.root, "src", "beside");
  git(trees.repository, "worktree", "add", "-q", beside);
  rmSync(beside, { recursive: true });
  const { printed } = await runWithoutConfig(trees, "recover", beside, "--restore-missing");
  expect(printed).toContain("restore_links done");
  expect(git(beside, "status", "--short", "--branch")).toBe("## beside");
  const unknown = await runWithoutConfig(trees, "recover", join(trees.root, "src", "never"));
  expect(unknown.warned).toContain("is no slot that is watched");
  expect(unknown.exitCode).toBe(2);
});

test("a work tree whose parent is gone too is not made again: its disk may not be mounted", async () => {
  const [tree, parent] = [trees.tree("one"), join(trees.repository, ".claude")];
  git(trees.repository, "worktree", "remove", trees.tree("two"));
  rmSync(parent, { recursive: true });
  const { printed } = await runWithoutConfig(trees, "recover", tree, "--restore-missing");
  expect(printed).toContain("vantage_suspect");
  expect(existsSync(parent)).toBe(false);
});

test("a path that is no work tree is told as one, without a word of pools", async () => {
  const { exitCode, warned } = await runWithoutConfig(trees, "recover", join(trees.root, "nothing", "here"));
  expect(warned).toContain("is no slot, and in no git work tree");
  expect(exitCode).toBe(2);
});
