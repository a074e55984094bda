import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import type { DiscoverReport } from "../../src/views/discover-report.ts";
import { displayWidth } from "../../src/commands/terminal/table.ts";
import { AgentTrees } from "../kit/agent-trees.ts";
import { runInTerminal, runWithoutConfig } from "../kit/commands-of-trees.ts";
import { git } from "../kit/real-pool.ts";
import { digestTree } from "../kit/tree-digest.ts";

let trees: AgentTrees;

beforeEach(() => {
  trees = new AgentTrees();
});

afterEach(() => {
  trees.destroy();
});

const run = (...args: string[]) => runWithoutConfig(trees, ...args);

async function discover(...args: string[]): Promise<DiscoverReport> {
  return JSON.parse((await run("discover", ...args, "--json")).printed) as DiscoverReport;
}

const treesOf = ({ repositories }: DiscoverReport) => repositories.flatMap((each) => each.work_trees);

test("each work tree is shown with owner, age, size, unsaved work and faults, and nothing is changed", async () => {
  writeFileSync(join(trees.tree("one"), "new.txt"), "work\n");
  rmSync(join(trees.admin("two"), "HEAD"));
  const before = digestTree(join(trees.root, "src"));
  const { exitCode, printed } = await run("discover", join(trees.root, "src"));
  expect(digestTree(join(trees.root, "src"))).toEqual(before);
  expect(exitCode).toBe(0);
  expect(printed).toMatch(/^WORK TREE +OWNER +IDLE +SIZE +UNSAVED WORK +WRONG$/m);
  expect(printed).toMatch(/^└ \.claude\/worktrees\/one +none +\d+ (?:s|min) +[\d.]+ KiB +untracked$/m);
  expect(printed).toMatch(/^└ \.claude\/worktrees\/two .* unknown +head_missing$/m);
  expect(printed).toContain("Nothing was changed.");
});

test("the configuration that it prints loads, and watches what it found", async () => {
  git(trees.repository, "worktree", "add", "-q", "../api.fix");
  mkdirSync(join(trees.root, "src", "bare [1]*"));
  git(trees.root, "clone", "-q", "--bare", trees.repository, join(trees.root, "src", "bare [1]*", "it.git"));
  const found = await discover(join(trees.root, "src"));
  const { printed } = await run("discover", join(trees.root, "src"));
  const configFile = join(trees.root, "sidecar.yaml");
  writeFileSync(configFile, printed.slice(printed.indexOf("# A configuration")));
  const loaded = await loadConfig({ flags: { configFile }, env: {}, homeDirectory: trees.root });
  if (loaded.kind === "invalid") throw new Error(loaded.problems.join("\n"));
  const watched = await new PoolManager({ config: loaded.config }).snapshot();
  expect(watched.pools.flatMap(({ slots }) => slots.map(({ path }) => path)).sort()).toEqual(
    treesOf(found)
      .map(({ path }) => path)
      .sort(),
  );
  expect(treesOf(found)).toHaveLength(5);
  expect(watched.errors).toEqual([]);
  expect(watched.pools.flatMap(({ problems }) => problems)).toEqual([]);
});

test("siblings become one pattern, which does not match what is no repository", async () => {
  const { config } = await discover(join(trees.root, "src"));
  expect(config?.sources).toEqual([
    { name: "worktrees", kind: "worktrees", repositories: [join(trees.root, "src", "*")] },
    { name: "checkouts", kind: "checkouts", paths: [join(trees.root, "src", "*")], idle_after: "30d" },
  ]);
  const alone = await discover(trees.tree("one"));
  expect(alone.config?.sources).toMatchObject([
    { kind: "worktrees", repositories: [trees.repository], include: [trees.tree("one")] },
  ]);
});

test("other work trees and ignored dependencies inside a work tree are no unsaved work of it", async () => {
  git(trees.checkout, "worktree", "add", "-q", join(trees.checkout, ".worktrees", "fix"));
  const unsaved = async () =>
    treesOf(await discover(trees.checkout)).find(({ is_main: isMain }) => isMain)?.unsaved_work;
  expect(await unsaved()).toEqual([]);
  appendFileSync(join(trees.checkout, ".gitignore"), "node_modules/\n.env\n");
  git(trees.checkout, "add", ".gitignore");
  git(trees.checkout, "commit", "-q", "-m", "ignore");
  git(trees.checkout, "push", "-q", "origin", "HEAD:pushed");
  for (const name of ["node_modules", join("deep", "node_modules")]) {
    mkdirSync(join(trees.checkout, name), { recursive: true });
    writeFileSync(join(trees.checkout, name, "file"), "");
  }
  expect(await unsaved()).toEqual([]);
  git(trees.checkout, "init", "-q", join("deep", "node_modules", "edited"));
  expect(await unsaved()).toEqual(["untracked"]);
  rmSync(join(trees.checkout, "deep"), { recursive: true });
  expect(await unsaved()).toEqual([]);
  git(trees.checkout, "worktree", "add", "-q", join("node_modules", "other"));
  expect(await unsaved()).toEqual(["untracked"]);
  rmSync(join(trees.checkout, "node_modules", "file"));
  expect(await unsaved()).toEqual([]);
  writeFileSync(join(trees.checkout, ".env"), "SECRET=1\n");
  expect(await unsaved()).toEqual(["untracked"]);
});

test("a search that ends too soon says so and ends with 1", async () => {
  const { exitCode, printed } = await run("discover", trees.root, "--seconds", "0.000001");
  expect(exitCode).toBe(1);
  expect(printed).toMatch(/source_unread: .*the scan ended after/);
});

test("what there was no time to look at is unknown, and is told", async () => {
  const snapshot = await trees.manager(trees.source()).snapshot({ surveySeconds: 0 });
  const slots = snapshot.pools.flatMap(({ slots: each }) => each);
  expect(slots.map(({ unsavedWork }) => unsavedWork)).toEqual([undefined, undefined]);
});

test("the table fits a narrow terminal", async () => {
  const { printed } = await runInTerminal(trees, 60, ["discover", join(trees.root, "src")]);
  const table = printed.slice(0, printed.indexOf("\n\n")).split("\n");
  expect(table.length).toBeGreaterThan(4);
  for (const line of table) expect(displayWidth(line)).toBeLessThanOrEqual(60);
});

test("a directory without a repository is an error, and proposes nothing", async () => {
  const empty = join(trees.root, "empty");
  mkdirSync(empty);
  const { exitCode, printed } = await run("discover", empty);
  expect(exitCode).toBe(1);
  expect(printed).toMatch(/source_empty: .*no git repository in 1 directory,/);
  expect(printed).not.toContain("sources:");
});

test("what the sidecar keeps beside the pools of a pool manager counts neither as a pool nor as a work tree", async () => {
  const pools = join(trees.root, "pools");
  const kept = join(pools, ".repo-pool-sidecar");
  for (const pool of [join(pools, "demo"), join(kept, "known-good", "demo")]) {
    mkdirSync(pool, { recursive: true });
    writeFileSync(join(pool, "pool.json"), "{}");
  }
  git(trees.root, "init", "-q", join(kept, "quarantine", "run", "slot1"));
  const { printed } = await run("discover", pools);
  expect(printed).toContain("found 1 pool of a pool manager");
  expect(printed).toContain("0 repositories, 0 work trees");
});
