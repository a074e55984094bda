import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AgentTrees } from "../kit/agent-trees.ts";
import { runWithoutConfig } from "../kit/commands-of-trees.ts";
import { git } from "../kit/real-pool.ts";
import { digestTreeWithTimes } from "../kit/tree-digest.ts";

let trees: AgentTrees;

beforeEach(() => {
  trees = new AgentTrees();
});

afterEach(() => {
  trees.destroy();
});

const run = (...args: string[]) => runWithoutConfig(trees, ...args);

interface Saved {
  readonly result: string;
  readonly salvage_id: string;
}

async function save(path: string): Promise<Saved> {
  const { printed, warned } = await run("salvage", "save", path, "--json");
  expect(warned).toBe("");
  return JSON.parse(printed) as Saved;
}

/** Work of each kind: committed on no branch, staged, changed, untracked and ignored. */
function workIn(tree: string): string {
  git(tree, "checkout", "-q", "--detach");
  writeFileSync(join(tree, "committed.txt"), "on no branch\n");
  git(tree, "add", ".");
  git(tree, "commit", "-q", "-m", "on no branch");
  writeFileSync(join(tree, "file.txt"), "staged\n");
  git(tree, "add", ".");
  writeFileSync(join(tree, "file.txt"), "changed\n");
  writeFileSync(join(tree, ".gitignore"), "ignored\n");
  mkdirSync(join(tree, "deep"));
  writeFileSync(join(tree, "deep", "untracked"), "untracked\n", { mode: 0o640 });
  writeFileSync(join(tree, "ignored"), "ignored\n");
  return git(tree, "rev-parse", "HEAD");
}

async function expectRestored(id: string, commit: string): Promise<void> {
  const restored = join(trees.root, `restored-${id}`);
  expect((await run("salvage", "restore", id, "--to", restored)).exitCode).toBe(0);
  expect(git(restored, "rev-parse", "HEAD")).toBe(commit);
  expect(git(restored, "show", ":file.txt")).toBe("staged");
  const read = (name: string): string => readFileSync(join(restored, name), "utf8");
  expect([read("file.txt"), read("deep/untracked"), read("ignored")]).toEqual([
    "changed\n",
    "untracked\n",
    "ignored\n",
  ]);
}

test("salvage save keeps every kind of work of a work tree, and writes nothing to it or to its repository", async () => {
  const commit = workIn(trees.tree("one"));
  const before = digestTreeWithTimes(join(trees.root, "src"));
  const { result, salvage_id: id } = await save(join(trees.tree("one"), "deep"));
  expect(result).toBe("saved");
  expect(digestTreeWithTimes(join(trees.root, "src"))).toEqual(before);
  expect((await run("salvage", "list", "--json")).printed).toContain(id);
  expect((await run("salvage", "show", id)).printed).toContain("because: command");
  await expectRestored(id, commit);
});

test("salvage save keeps the work of a checkout too", async () => {
  const commit = workIn(trees.checkout);
  const before = digestTreeWithTimes(trees.checkout);
  const { salvage_id: id } = await save(trees.checkout);
  expect(digestTreeWithTimes(trees.checkout)).toEqual(before);
  await expectRestored(id, commit);
});

test("salvage save of a work tree without unsaved work saves nothing", async () => {
  git(trees.checkout, "worktree", "add", "-q", "--detach", join(trees.root, "clean"));
  expect(await save(join(trees.root, "clean"))).toMatchObject({
    result: "nothing_unsaved",
    salvage_id: null,
  });
  expect(existsSync(join(trees.root, "home", ".local", "state", "repo-pool-sidecar", "salvage"))).toBe(false);
});

/** Commits without a pause between two commands, until it is stopped. Ends at the first command that fails. */
function startAgent(tree: string): { stop: () => Promise<string> } {
  const stopFile = join(trees.root, "stop");
  const script = `set -e; n=0; while [ ! -e ${stopFile} ]; do
    n=$((n+1)); echo $n > counter; git add counter; git commit -q -m "step $n"; git status -s
    git diff HEAD~1 > ../../../../diff; git log -1 > ../../../../log; sleep 0.02
  done`;
  const child = spawn("sh", ["-c", script], {
    cwd: tree,
    env: {
      PATH: process.env["PATH"],
      ...{ GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@example.com" },
      ...{ GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@example.com" },
    },
  });
  const told: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => told.push(chunk));
  const ended = new Promise((resolve) => child.once("close", resolve));
  return {
    stop: async () => {
      writeFileSync(stopFile, "");
      await ended;
      return Buffer.concat(told).toString();
    },
  };
}

test("salvage save disturbs no agent beside, whose git goes on without an error", async () => {
  const commit = workIn(trees.tree("one"));
  const places = [trees.tree("one"), trees.admin("one")];
  const before = places.map(digestTreeWithTimes);
  const agent = startAgent(trees.tree("two"));
  const { result, salvage_id: id } = await save(trees.tree("one"));
  expect(await agent.stop()).toBe("");
  expect(result).toBe("saved");
  expect(places.map(digestTreeWithTimes)).toEqual(before);
  await expectRestored(id, commit);
});

test("salvage save of a tree in which an agent commits saves it whole or says why not, and fails none of its commands", async () => {
  workIn(trees.tree("one"));
  const agent = startAgent(trees.tree("one"));
  const { printed } = await run("salvage", "save", trees.tree("one"), "--json");
  expect(await agent.stop()).toBe("");
  expect(["saved", "incomplete"]).toContain((JSON.parse(printed) as Saved).result);
});
