import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CheckReport } from "../../src/views/check-report.ts";
import { AgentTrees } from "../kit/agent-trees.ts";
import { runWithoutConfig } from "../kit/commands-of-trees.ts";
import { git } from "../kit/real-pool.ts";
import { runsInFull } from "../kit/sample.ts";
import { ServedProgram } from "../kit/served-program.ts";
import { until } from "../kit/until.ts";

/** So many registrations of one repository are watched. */
const mostWatched = 10_000;
const count = runsInFull ? mostWatched : 300;
const mostSeries = 50;

let trees: AgentTrees;

beforeAll(() => {
  trees = new AgentTrees([]);
  for (let number = 1; number <= count; number++) addTree(number);
}, 300_000);

afterAll(() => {
  trees.destroy();
});

const nameOf = (number: number): string => `tree${String(number).padStart(5, "0")}`;

/** What `git worktree add` writes, with a branch that all have. */
function addTree(number: number): void {
  const name = nameOf(number);
  const [path, admin] = [trees.tree(name), trees.admin(name)];
  mkdirSync(path, { recursive: true });
  mkdirSync(admin, { recursive: true });
  cpSync(join(trees.repository, "file.txt"), join(path, "file.txt"), { preserveTimestamps: true });
  writeFileSync(join(path, ".git"), `gitdir: ${admin}\n`);
  writeFileSync(join(admin, "gitdir"), `${path}/.git\n`);
  writeFileSync(join(admin, "commondir"), "../..\n");
  cpSync(join(trees.repository, ".git", "index"), join(admin, "index"));
  writeFileSync(join(admin, "HEAD"), readFileSync(join(trees.repository, ".git", "refs", "heads", "main")));
}

async function check(): Promise<CheckReport & { readonly exitCode: number }> {
  const { printed, exitCode } = await runWithoutConfig(trees, "check", join(trees.root, "src"), "--json");
  return { ...(JSON.parse(printed) as CheckReport), exitCode };
}

const poolOf = ({ pools }: CheckReport) => pools.find(({ repo_name: name }) => name === "api");

test("git agrees that they are its work trees, and check reports none of them", async () => {
  expect(git(trees.repository, "worktree", "list").split("\n")).toHaveLength(count + 1);
  expect(git(trees.tree(nameOf(count)), "status", "--porcelain")).toBe("");
  const report = await check();
  expect(report).toMatchObject({ exitCode: 0, corrupted_slots: [], long_allocated_slots: [], errors: [] });
  expect(poolOf(report)).toMatchObject({ states: { available: count }, problems: [] });
}, 300_000);

test("one that is broken among them is named alone, and one more than are watched is told", async () => {
  const index = join(trees.admin(nameOf(7)), "index");
  const written = readFileSync(index);
  writeFileSync(index, "DIRC");
  addTree(count + 1);
  try {
    const report = await check();
    expect(report.corrupted_slots).toMatchObject([{ reasons: ["index_corrupt"] }]);
    expect(report.corrupted_slots[0]?.slot_id).toContain(nameOf(7));
    const isTold = count === mostWatched;
    expect(poolOf(report)?.problems.map(({ code }) => code)).toEqual(isTold ? ["unread"] : []);
  } finally {
    writeFileSync(index, written);
    git(trees.repository, "worktree", "remove", "--force", trees.tree(nameOf(count + 1)));
  }
}, 300_000);

test("serve bounds their series, and its sums count every one", async () => {
  const config = `
collector: { schedule: "*/5 * * * * *" }
metrics: { max_slot_series: ${mostSeries} }
sources:
  - { name: agents, kind: worktrees, repositories: ["${trees.repository}"] }
`;
  const served = await ServedProgram.start(
    { root: trees.root, workspacesDir: join(trees.root, "none") },
    { config },
  );
  try {
    const present = 'repo_pool_registrations{pool="agents-api",state="present"}';
    await until("a collection", async () => (await served.metric(present)) === count || undefined, 240);
    const text = await served.get("/metrics");
    expect(text.match(/^repo_pool_slot_owner_info\{/gm)).toHaveLength(mostSeries);
    expect(await served.metric('repo_pool_slots{pool="agents-api",state="available"}')).toBe(count);
    expect(await served.metric('repo_pool_up{pool="agents-api"}')).toBe(1);
    expect(await served.get("/")).toContain("agents-api");
  } finally {
    await served.stop();
  }
}, 300_000);
