import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PoolConfig } from "../../src/config/pool-config.ts";
import { knownPoolsPath, rememberPools } from "../../src/inspection/memory/known-pools.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { tryAcquireSlotLock } from "../../src/pool/locks/slot-lock.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { programArguments, runProgram } from "../kit/run-program.ts";
import { sampleOf } from "../kit/sample.ts";
import { ServedProgram } from "../kit/served-program.ts";
import { until } from "../kit/until.ts";

let pool: RealPool;
let served: ServedProgram | undefined;

beforeEach(() => {
  pool = new RealPool(1);
});
afterEach(async () => {
  await served?.kill();
  served = undefined;
  pool.destroy();
});

const elsewhere = (): string => join(pool.root, "elsewhere");
const check = (...flags: string[]) => runProgram(pool, "check", ...flags);
const create = (name: string): void => {
  expect(runProgram(pool, "pool", "create", name, "--url", pool.url, "--slots", "1").stderr).toBe("");
};

const untilTrue = (what: string, condition: () => Promise<boolean> | boolean) =>
  until(what, async () => ((await condition()) ? true : undefined));

/** A lock that nobody has touched for months. */
function anOldLock(slotId: string): string {
  const path = join(pool.workspacesDir, "locks", `${slotId}.lock`);
  writeFileSync(path, "");
  utimesSync(path, 1_700_000_000, 1_700_000_000);
  return path;
}

async function aManager(): Promise<PoolManager> {
  const { workspacesDir, stateDir } = pool;
  return new PoolManager({ config: { ...(await PoolConfig.loadFromFile()), workspacesDir, stateDir } });
}

const gone: [what: string, vanish: () => void][] = [
  [
    "unmounted",
    () => {
      renameSync(pool.workspacesDir, elsewhere());
      mkdirSync(pool.workspacesDir);
    },
  ],
  [
    "renamed",
    () => {
      renameSync(pool.workspacesDir, elsewhere());
    },
  ],
];

test.each(gone)(
  "a workspaces directory that is %s is nobody's health, and nobody makes it",
  async (_what, vanish) => {
    vanish();
    const was = existsSync(pool.workspacesDir) ? readdirSync(pool.workspacesDir) : "missing";
    expect(check().status).toBe(1);
    expect(check().stdout + check().stderr).not.toContain("no anomalies");
    for (const args of [["recover"], ["recover", "--dry-run"], ["recover", pool.slotId(1)], ["locks"]])
      expect([args, runProgram(pool, ...args).status]).not.toEqual([args, args[0] === "locks" ? null : 0]);
    expect(await (await aManager()).healthCheck()).toBe(false);
    if (was === "missing") expect(existsSync(pool.workspacesDir)).toBe(false);
  },
);

test.each(gone)(
  "a running serve whose workspaces directory is %s says so, and is well again with it",
  async (_what, vanish) => {
    served = await ServedProgram.start(pool, { config: 'collector: { schedule: "* * * * * *" }' });
    const program = served;
    const readable = () => program.metric('repo_pool_sources_readable{source="workspaces"}');
    const isReady = async () => (await fetch(`http://${program.address}/-/ready`)).status === 200;
    await untilTrue("it is ready", isReady);
    await untilTrue("the pools are remembered", () => existsSync(knownPoolsPath(pool.stateDir)));
    vanish();
    await untilTrue("the source is gone", async () => (await readable()) === 0);
    expect(await isReady()).toBe(false);
    expect(await program.get("/-/ready")).toContain(pool.workspacesDir);
    await untilTrue("the problem is logged", () => program.events("collection.problem").length > 0);
    spawnSync("rm", ["-rf", pool.workspacesDir]);
    renameSync(elsewhere(), pool.workspacesDir);
    await untilTrue("the source is back", async () => (await readable()) === 1);
    expect(await isReady()).toBe(true);
  },
);

test("a pool that is gone is missed until it is back or was removed on purpose, also after a restart", async () => {
  create("my pool");
  served = await ServedProgram.start(pool);
  await untilTrue("both pools are known", async () => (await served?.metric("repo_pool_pools_known")) === 2);
  await served.stop();
  served = undefined;
  renameSync(join(pool.workspacesDir, "my pool"), elsewhere());
  const missed = check("--json");
  expect(missed.status).toBe(1);
  expect(missed.stdout).toContain('"pool_gone"');
  served = await ServedProgram.start(pool);
  await untilTrue(
    "the pool is missed",
    async () => (await served?.metric('repo_pool_pool_gone{pool="my pool"}')) === 1,
  );
  expect(await served.metric('repo_pool_sources_readable{source="workspaces"}')).toBe(1);
  expect(runProgram(pool, "pool", "remove", "demo").status).toBe(2);
  expect(runProgram(pool, "pool", "remove", "my pool")).toMatchObject({ status: 0, stderr: "" });
  expect(runProgram(pool, "pool", "remove", "my pool").status).toBe(2);
  expect(check()).toMatchObject({ status: 0 });
});

test("a directory of repositories without a pool says how many lie there", () => {
  renameSync(pool.directory, elsewhere());
  for (const name of ["one", "two"]) git(pool.workspacesDir, "clone", "-q", pool.url, name);
  const { status, stdout } = check();
  expect(status).toBe(1);
  expect(stdout).toMatch(/holds no pool, but 2 git repositories \(one, two\)/);
  expect(stdout).not.toContain("no anomalies");
});

test.each(sampleOf(["my pool", "café", "cafe\u0301", 'a"b\\c', "100%"], 1, "names of pools"))(
  "pool %j is one as any other",
  async (name) => {
    create(name);
    const slotId = `workspace-${name}-slot1`;
    const lock = anOldLock(slotId);
    writeFileSync(join(pool.workspacesDir, name, "slot1", ".git", "HEAD"), "");
    const seen = check("--json");
    expect(JSON.parse(seen.stdout)).toMatchObject({
      corrupted_slots: [{ slot_id: slotId }],
      orphaned_locks: [],
    });
    served = await ServedProgram.start(pool);
    const { address } = served;
    await untilTrue("it is ready", async () => (await fetch(`http://${address}/-/ready`)).status === 200);
    const answer = await fetch(`http://${served.address}/api/v1/slots/${encodeURIComponent(slotId)}`);
    expect([answer.status, await answer.json()]).toMatchObject([200, { slot_id: slotId }]);
    expect((await fetch(`http://${served.address}/`)).status).toBe(200);
    await served.stop();
    served = undefined;
    expect(runProgram(pool, "recover")).toMatchObject({ status: 0 });
    expect(check()).toMatchObject({ status: 0 });
    expect(existsSync(lock)).toBe(true);
    expect(runProgram(pool, "allocate", name)).toMatchObject({ status: 0, stderr: "" });
  },
);

test("a pool behind a link to another disk is a pool, and another name of a pool is none", () => {
  create("linked");
  const [place, alias] = [join(pool.workspacesDir, "linked"), join(pool.workspacesDir, "alias")];
  renameSync(place, elsewhere());
  symlinkSync(elsewhere(), place);
  symlinkSync("demo", alias);
  const locks = ["linked", "alias"].map((name) => anOldLock(`workspace-${name}-slot1`));
  expect(check()).toMatchObject({ status: 0 });
  writeFileSync(join(elsewhere(), "slot1", ".git", "HEAD"), "");
  expect(check().stdout).toContain("workspace-linked-slot1");
  expect(runProgram(pool, "recover")).toMatchObject({ status: 0 });
  expect(check()).toMatchObject({ status: 0 });
  for (const lock of locks) expect(existsSync(lock)).toBe(true);
  renameSync(elsewhere(), join(pool.root, "unmounted"));
  expect(check().status).toBe(1);
  runProgram(pool, "recover", "--strategy", "aggressive");
  for (const lock of locks) expect(existsSync(lock)).toBe(true);
});

test("no lock is moved while any pool was not read", () => {
  const lock = anOldLock("workspace-removed-slot1");
  rememberPools(pool, ["demo", "away"]);
  expect(check("--json").stdout).not.toContain("no_such_slot");
  expect(runProgram(pool, "recover").status).toBe(1);
  expect(existsSync(lock)).toBe(true);
  expect(runProgram(pool, "pool", "remove", "away").status).toBe(0);
  expect(runProgram(pool, "recover").status).toBe(0);
  expect(existsSync(lock)).toBe(false);
});

test("a lock that is moved aside is unlinked, so that a program that waits for it can tell", async () => {
  const path = anOldLock("workspace-removed-slot1");
  const { lockManager } = await aManager();
  const before = tryAcquireSlotLock(path);
  if (before.kind !== "held") throw new Error(before.detail);
  expect(await lockManager.cleanupStaleLocks()).toBe(0);
  before.release();
  utimesSync(path, 1_700_000_000, 1_700_000_000);
  const waiting = spawnSync(
    "sh",
    [
      "-c",
      `exec 9<"$0"; shift; "$@" >/dev/null; stat -L -c %h /dev/fd/9`,
      path,
      "-",
      ...[process.execPath, ...programArguments(pool, "recover")],
    ],
    {
      encoding: "utf8",
    },
  );
  expect([waiting.stdout.trim(), existsSync(path)]).toEqual(["0", false]);
});

test("a pool that may not be read is said to be unread, by whom, and hides no other", () => {
  create("closed");
  const closed = join(pool.workspacesDir, "closed");
  chmodSync(pool.root, 0o755);
  chmodSync(closed, process.getuid?.() === 0 ? 0o700 : 0);
  writeFileSync(join(pool.slotPath(1), ".git", "HEAD"), "");
  const stranger = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const seen = spawnSync(process.execPath, programArguments(pool, "check", "--json"), {
    ...{ encoding: "utf8", cwd: "/", ...stranger },
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", GIT_CONFIG_COUNT: "0" },
  });
  chmodSync(closed, 0o755);
  expect([seen.stderr, seen.status]).toEqual(["", 3]);
  const report = JSON.parse(seen.stdout) as {
    pools: { repo_name: string; problems: { code: string; detail: string }[] }[];
  };
  const problem = report.pools.find(({ repo_name: name }) => name === "closed")?.problems[0];
  expect(problem).toMatchObject({ code: "unread" });
  expect(problem?.detail).toMatch(
    /belongs to user \d+, group \d+, with mode 0[07]00; this program runs as user \d+/,
  );
  expect(report).toMatchObject({ corrupted_slots: [{ slot_id: pool.slotId(1) }] });
});
