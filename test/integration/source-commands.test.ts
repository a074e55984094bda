import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AgentTrees } from "../kit/agent-trees.ts";
import { runWithoutConfig } from "../kit/commands-of-trees.ts";
import { git } from "../kit/real-pool.ts";

let trees: AgentTrees;

beforeEach(() => {
  trees = new AgentTrees();
});

afterEach(() => {
  trees.destroy();
});

const run = (...args: string[]) => runWithoutConfig(trees, ...args);

test("check DIR without a configuration says what is there, and that nothing is wrong", async () => {
  const { exitCode, printed } = await run("check", join(trees.root, "src"));
  expect(printed.split("\n")).toEqual([
    "api (linked work trees): 2 not in use",
    "checkouts (main work trees): 2 not in use",
    "no anomalies",
  ]);
  expect(exitCode).toBe(0);
});

test("check DIR names a deleted HEAD, and why PATH gives the evidence", async () => {
  rmSync(join(trees.admin("one"), "HEAD"));
  const checked = await run("check", trees.repository);
  expect(checked.exitCode).toBe(3);
  expect(checked.printed).toContain(`corrupted  ${trees.tree("one")}: head_missing`);
  const { printed } = await run("why", trees.tree("one"));
  expect(printed).toMatch(/^api-one-[0-9a-f]{6}: head_missing/);
  expect(printed).toContain(`path        ${trees.tree("one")}`);
});

test("a work tree without its .git is found by the repository beside the directory that it is in", async () => {
  const tree = join(trees.root, "src", "agents", "one");
  git(trees.repository, "worktree", "add", "-q", "--detach", tree);
  rmSync(join(tree, ".git"));
  expect((await run("why", tree)).printed).toContain("worktree_link_missing");
  const recovered = await run("recover", tree);
  expect(recovered).toMatchObject({ exitCode: 0, warned: "" });
  expect((await run("check", join(trees.root, "src"))).printed).toContain("no anomalies");
  const none = await run("why", join(trees.root, "src"));
  expect(none).toMatchObject({ exitCode: 2 });
  expect(none.warned).toContain("src is no slot, and in no git work tree");
});

test("check DIR of a work tree alone looks at that one, though its repository lies elsewhere", async () => {
  const { printed } = await run("check", trees.tree("one"));
  expect(printed).toContain("api (linked work trees): 1 not in use");
});

test("a directory in which nothing is found is an error, and so is one that is none", async () => {
  const empty = join(trees.root, "empty");
  mkdirSync(empty);
  const { exitCode, printed } = await run("check", empty);
  expect(exitCode).toBe(1);
  expect(printed).toMatch(/source_empty: .*no git repository/);
  expect(printed).not.toContain("no anomalies");
  expect((await run("check", join(trees.root, "typo"))).exitCode).toBe(2);
});

test.runIf(process.getuid?.() === 0)(
  "a directory that may not be read is told, and nothing is called whole",
  async () => {
    const closed = join(trees.root, "src", "closed");
    mkdirSync(closed);
    chmodSync(trees.root, 0o755);
    chmodSync(closed, 0);
    process.seteuid?.(65_534);
    try {
      const { exitCode, printed } = await run("check", join(trees.root, "src"));
      expect(exitCode).toBe(1);
      expect(printed).toContain(`source_unread: ${closed} cannot be read (EACCES)`);
      expect(printed).toContain("no anomalies in what could be read");
    } finally {
      process.seteuid?.(0);
    }
  },
);

test("a held work tree is allocated until it is released", async () => {
  const path = join(trees.tree("one"), "deep");
  mkdirSync(path);
  expect(await run("hold", path, "--for", "2h", "--owner", "agent 7")).toMatchObject({ exitCode: 0 });
  expect((await run("why", path)).printed).toMatch(/owner {7}hold: held by agent 7 until/);
  expect((await run("check", trees.repository)).printed).toContain("1 in use, 1 not in use");
  expect((await run("release", path)).printed).toContain("is no longer held");
  expect((await run("release", path)).printed).toContain("nobody held");
  expect((await run("why", path)).printed).toMatch(/owner {7}none/);
});

test("a hold that was made without a configuration counts with one, and can be ended with it", async () => {
  const file = join(trees.root, "sidecar.yaml");
  const sources = [
    { name: "pools", kind: "managed" },
    { name: "agents", kind: "worktrees", repositories: [trees.repository] },
  ];
  writeFileSync(file, JSON.stringify({ workspaces_dir: join(trees.root, "pools"), sources }));
  const path = trees.tree("one");
  await run("hold", path, "--for", "2h", "--owner", "agent 7");
  const why = async (): Promise<string> => (await run("why", path, "--config.file", file)).printed;
  expect(await why()).toMatch(/owner {7}hold: held by agent 7 until/);
  await run("hold", path, "--for", "1h", "--owner", "agent 8", "--config.file", file);
  expect(await why()).toContain("held by agent 7");
  expect((await run("release", path, "--config.file", file)).printed).toContain("is no longer held");
  expect(await why()).toContain("owner       none");
});

test("release takes the name of a directory as hold does", async () => {
  // Of the repository of this test, in which it is run.
  expect((await run("release", "test")).warned).not.toContain("no slot is named test");
});

test("status and slots have the work trees of sources, and say what could not be looked at", async () => {
  const file = join(trees.root, "sidecar.yaml");
  const sources = [
    { name: "agents", kind: "worktrees", repositories: [trees.repository] },
    { name: "gone", kind: "checkouts", paths: [join(trees.root, "gone", "*")] },
  ];
  writeFileSync(file, JSON.stringify({ sources }));
  const status = await run("status", "--json", "--config.file", file);
  expect(JSON.parse(status.printed)).toMatchObject([
    { repo_name: "agents-api", num_slots: 2, states: { available: 2 } },
  ]);
  const slots = await run("slots", "--config.file", file);
  expect(slots.printed).toContain("agents-api-one-");
  for (const { exitCode, warned } of [status, slots]) {
    expect(exitCode).toBe(1);
    expect(warned).toContain("source_empty: ");
  }
});

test("slots of a workspaces directory that is not there are no empty answer", async () => {
  const { exitCode, warned } = await run("slots");
  expect(exitCode).toBe(1);
  expect(warned).toMatch(/workspaces_unreadable: .*check --workspaces-dir or --config\.file/);
  expect(await run("status")).toMatchObject({ exitCode: 1, warned });
});

test.each([
  ["history"],
  ["salvage", "list"],
  ["recoveries", "list"],
  ["pause"],
  ["locks", "list"],
  ["locks", "unlock", "workspace-demo-slot1"],
])(
  "%s %s says of a workspaces directory that was named and is not there that nothing was looked at",
  async (...args) => {
    const named = ["--workspaces-dir", join(trees.root, "typo")];
    expect(await run(...args, ...named)).toMatchObject({
      exitCode: 1,
      warned: expect.stringMatching(
        /^WORKSPACES_UNREADABLE: \S+typo is not there: check --workspaces-dir/,
      ) as string,
    });
  },
);

test("a configuration of sources leaves the workspaces directory out, which is told", async () => {
  const workspacesDir = join(trees.root, "home", ".necrocode", "workspaces");
  mkdirSync(workspacesDir, { recursive: true });
  const { printed } = await run("discover", join(trees.root, "src"));
  expect(printed).toContain(
    `# To watch ${workspacesDir} as well, add: - { name: workspaces, kind: managed }`,
  );
  const file = join(trees.root, "sidecar.yaml");
  writeFileSync(file, printed.slice(printed.indexOf("# A configuration")));
  const checked = await run("config", "check", file);
  expect(checked.printed).toContain(`warning: no source is of kind managed: ${workspacesDir} is not watched`);
  expect(checked.exitCode).toBe(0);
  writeFileSync(
    file,
    `${printed.slice(printed.indexOf("# A configuration"))}\n  - { name: workspaces, kind: managed }\n`,
  );
  expect((await run("config", "check", file)).printed).not.toContain("warning");
});

test("what is in no work tree cannot be held", async () => {
  expect((await run("hold", trees.root, "--for", "2h")).exitCode).toBe(2);
  expect((await run("hold", trees.tree("one"), "--for", "soon")).exitCode).toBe(2);
});

test("a slot of the pool manager cannot be held, since it would be allocated all the same", async () => {
  const source = `file://${trees.repository}`;
  await run("pool", "create", "demo", "--url", source, "--slots", "1", "--workspaces-dir", trees.root);
  const slot = join(trees.root, "demo", "slot1");
  const { exitCode, warned } = await run("hold", slot, "--for", "2h", "--workspaces-dir", trees.root);
  expect([exitCode, warned]).toEqual([2, expect.stringContaining("SLOT_UNKNOWN")]);
  expect(warned).toContain(`${slot} is in workspace-demo-slot1, which the pool manager allocates`);
});

test("history takes a path, whatever source the work tree had, and also if it is gone", async () => {
  const path = trees.tree("one");
  rmSync(join(trees.admin("one"), "HEAD"));
  expect((await run("history", path)).printed).toBe(`nothing was done to ${path}`);
  expect((await run("recover", path)).exitCode).toBe(0);
  expect((await run("recover", trees.tree("two"), "--dry-run")).exitCode).toBe(0);
  expect((await run("history", join(path, "."))).printed).toContain("restore_links");
  expect((await run("history", trees.tree("two"))).printed).toContain("nothing was done");
  expect((await run("reclaim", path)).exitCode).toBe(0);
  const { printed } = await run("history", path);
  expect(printed).toMatch(/restore_links[^]*reclaim /);
});

test("a command of the pool manager on a slot of a source says what it is, also without a workspaces directory", async () => {
  const file = join(trees.root, "sidecar.yaml");
  const sources = [{ name: "agents", kind: "worktrees", repositories: [trees.repository] }];
  writeFileSync(file, JSON.stringify({ workspaces_dir: join(trees.root, "pools"), sources }));
  const listed = JSON.parse((await run("slots", "--json", "--config.file", file)).printed) as {
    slot_id: string;
  }[];
  const slotId = listed[0]?.slot_id ?? "";
  const { warned } = await run("isolate", slotId, "--reason", "x", "--config.file", file);
  expect(warned).toContain(`the slot ${slotId} is of the source agents, which has no pool manager`);
  for (const command of [["recover", "--pool"], ["allocate"], ["pool", "add-slot"]]) {
    const ofPool = await run(...command, "agents-api", "--config.file", file);
    expect(ofPool.warned).toContain("the pool agents-api is of the source agents, which has no pool manager");
    expect(ofPool.exitCode).toBe(2);
  }
});

test("check DIR tells of a directory whose .git leads to a repository elsewhere", async () => {
  const tree = join(trees.root, "src", "led");
  mkdirSync(tree);
  renameSync(join(trees.checkout, ".git"), join(trees.root, "moved.git"));
  symlinkSync(join(trees.root, "moved.git"), join(tree, ".git"));
  const { exitCode, printed } = await run("check", join(trees.root, "src"));
  expect(printed).toContain(`source_unread: the .git of 1 directory (such as ${tree}) leads elsewhere`);
  expect(exitCode).toBe(1);
});

test.each([
  ["sources: []", "reclaim.schedule is set, and reclaims nothing"],
  ["sources: [{ SOURCE, reclaim: { max_age: 7d } }]", "`reclaim` is not in its `allow`"],
  ["sources: [{ SOURCE, allow: [reclaim] }]", "reclaim.schedule is set, and reclaims nothing"],
  [
    "sources: [{ SOURCE, allow: [reclaim], reclaim: { max_bytes: 1GiB } }]",
    "recovery.mode is live: reclaim.schedule begins, without a person, reclaims of slots of agents",
  ],
])("config check says what a schedule of reclaims does: %s", async (sources, warning) => {
  const file = join(trees.root, "sidecar.yaml");
  const source = `name: agents, kind: worktrees, repositories: ["${trees.repository}"]`;
  writeFileSync(file, `${sources.replace("SOURCE", source)}\nreclaim: { schedule: "0 0 4 * * *" }\n`);
  expect((await run("config", "check", file)).printed).toContain(warning);
  writeFileSync(file, `${sources.replace("SOURCE", source)}\nrecovery: { mode: dry_run }\n`);
  expect((await run("config", "check", file)).printed).not.toContain("reclaim.schedule");
});

test("slots says whether a work tree is in use, and pool list that no pool manager has it, without a workspaces directory", async () => {
  const file = join(trees.root, "sidecar.yaml");
  const sources = [{ name: "agents", kind: "worktrees", repositories: [trees.repository] }];
  writeFileSync(file, JSON.stringify({ sources }));
  const slots = await run("slots", "--config.file", file);
  expect(slots.printed).toMatch(/^agents-api-one-[0-9a-f]{6} +not in use /m);
  const pools = await run("pool", "list", "--config.file", file);
  expect([pools.exitCode, pools.printed]).toEqual([0, "no pools"]);
});
