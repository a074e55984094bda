import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AgentTrees } from "../kit/agent-trees.ts";
import { runWithoutConfig } from "../kit/commands-of-trees.ts";
import { git } from "../kit/real-pool.ts";
import { digestTree } from "../kit/tree-digest.ts";

let trees: AgentTrees;

beforeEach(() => {
  trees = new AgentTrees();
});

afterEach(() => {
  trees.destroy();
});

function leaveStaleLock(gitDirectory: string): string {
  const path = join(gitDirectory, "index.lock");
  writeFileSync(path, "");
  utimesSync(path, Date.now() / 1000 - 7200, Date.now() / 1000 - 7200);
  return path;
}

test("recover PATH moves a stale lock of a work tree aside, and changes nothing else", async () => {
  const before = digestTree(join(trees.root, "src"));
  const path = leaveStaleLock(trees.admin("one"));
  const { exitCode, printed } = await runWithoutConfig(trees, "recover", trees.tree("one"));
  expect(printed).toContain("move_git_lock done");
  expect(exitCode).toBe(0);
  expect(existsSync(path)).toBe(false);
  expect(digestTree(join(trees.root, "src"))).toEqual(before);
});

test("recover PATH rebuilds a damaged index in place, and keeps every file", async () => {
  writeFileSync(join(trees.tree("one"), "file.txt"), "changed\n");
  writeFileSync(join(trees.admin("one"), "index"), "no index");
  const { exitCode, printed } = await runWithoutConfig(trees, "recover", trees.tree("one"));
  expect(printed).toContain("rebuild_index done");
  expect(exitCode).toBe(0);
  expect(git(trees.tree("one"), "status", "--short")).toBe("M file.txt");
  expect(readFileSync(join(trees.tree("one"), "file.txt"), "utf8")).toBe("changed\n");
});

test("a source that does not allow it keeps its stale lock, and recover says so", async () => {
  const path = leaveStaleLock(trees.admin("one"));
  const manager = trees.manager(trees.source());
  const { slotId, repoName } = manager.requireWatchedSlot(trees.tree("one"));
  const request = manager.createRequest({ slotId, force: false, input: { pool: repoName } });
  expect(await manager.recover(request)).toMatchObject({
    actions: [{ outcome: "refused", reason: "not_permitted" }],
  });
  expect(existsSync(path)).toBe(true);
});

test("a run that names no slot leaves the slots of sources alone", async () => {
  const path = leaveStaleLock(trees.admin("one"));
  const manager = trees.manager(trees.source({ allow: ["move_git_lock", "repair"] }));
  expect(await manager.autoRecover()).toMatchObject({ actions: [], errors: [] });
  expect(existsSync(path)).toBe(true);
});
