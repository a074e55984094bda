import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { looseObjectPath } from "../../src/git/objects/loose-object.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import type { RecoveryReport } from "../../src/recovery/recovery-report.ts";
import { freePort } from "../kit/free-port.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { until } from "../kit/until.ts";
import { addHistory } from "../kit/working-slot.ts";

let pool: RealPool;
let daemon: ChildProcess | undefined;

afterEach(() => {
  if (daemon?.pid !== undefined) process.kill(-daemon.pid, "SIGKILL");
  daemon = undefined;
  pool.destroy();
});

function makePool(): void {
  pool = new RealPool(3);
  addHistory(pool, 3);
}

function recover(): Promise<RecoveryReport> {
  const base = createDefaultConfig(pool.root);
  const config = { ...base, workspacesDir: pool.workspacesDir, stateDir: pool.stateDir };
  return new PoolManager({ config }).autoRecover();
}

/** Every slot as a clone made with these options, as the pool's makers would. */
function cloneSlots(...options: string[]): void {
  for (const number of [1, 2, 3]) {
    const record = readFileSync(pool.recordPath(number));
    rmSync(pool.slotPath(number), { recursive: true });
    git(pool.root, "clone", "-q", ...options, pool.url, pool.slotPath(number));
    writeFileSync(pool.recordPath(number), record);
  }
}

function loseSlot(): void {
  rmSync(pool.slotPath(2), { recursive: true });
}

describe("a slot that is cloned anew", () => {
  test("is as shallow as the slots beside it", async () => {
    makePool();
    cloneSlots("--depth=2");
    loseSlot();

    expect(await recover()).toMatchObject({ corruptedRecovered: 1, errors: [] });

    expect(git(pool.slotPath(2), "rev-parse", "--is-shallow-repository")).toBe("true");
    expect(git(pool.slotPath(2), "rev-list", "--count", "HEAD")).toBe("2");
  });

  test("leaves out what the slots beside it leave out", async () => {
    makePool();
    git(pool.origin, "config", "uploadpack.allowFilter", "true");
    cloneSlots("--filter=blob:none");
    loseSlot();

    expect(await recover()).toMatchObject({ corruptedRecovered: 1, errors: [] });

    expect(git(pool.slotPath(2), "config", "remote.origin.partialclonefilter")).toBe("blob:none");
    const packs = readdirSync(join(pool.slotPath(2), ".git", "objects", "pack"));
    expect(packs.filter((name) => name.endsWith(".promisor"))).not.toEqual([]);
  });

  test("is shared with the group that the slots beside it are shared with", async () => {
    makePool();
    for (const number of [1, 2, 3]) git(pool.slotPath(number), "config", "core.sharedRepository", "group");
    loseSlot();

    expect(await recover()).toMatchObject({ corruptedRecovered: 1, errors: [] });

    expect(git(pool.slotPath(2), "config", "core.sharedRepository")).toBe("group");
    for (const name of [".git", ".git/objects", ".git/refs/heads"])
      expect((statSync(join(pool.slotPath(2), name)).mode & 0o7777).toString(8), name).toBe("2775");
  });

  test("that was repaired in place is shared with the group still", async () => {
    makePool();
    git(pool.slotPath(2), "config", "core.sharedRepository", "group");
    rmSync(join(pool.slotPath(2), ".git", "refs"), { recursive: true });

    expect(await recover()).toMatchObject({ corruptedRecovered: 1, errors: [] });

    for (const name of [".git/refs", ".git/refs/heads"])
      expect((statSync(join(pool.slotPath(2), name)).mode & 0o7777).toString(8), name).toBe("2775");
  });

  test("has the whole history where the slots beside it have it", async () => {
    makePool();
    loseSlot();

    expect(await recover()).toMatchObject({ corruptedRecovered: 1, errors: [] });

    expect(git(pool.slotPath(2), "rev-parse", "--is-shallow-repository")).toBe("false");
    expect(git(pool.slotPath(2), "rev-list", "--count", "HEAD")).toBe("4");
  });

  test("is not taken from a remote that has become another repository", async () => {
    makePool();
    loseSlot();
    const stranger = join(pool.root, "stranger");
    git(pool.root, "init", "-q", "-b", "main", stranger);
    git(stranger, "commit", "-q", "--allow-empty", "-m", "of others");
    rmSync(pool.origin, { recursive: true });
    git(pool.root, "clone", "-q", "--bare", stranger, pool.origin);

    const report = await recover();

    expect(report.corruptedRecovered).toBe(0);
    expect(JSON.stringify(report.actions)).toContain("it is another repository");
    expect(() => readFileSync(join(pool.slotPath(2), ".git", "HEAD"))).toThrow(/ENOENT/);
  });
});

/** Nothing but a new clone helps; a commit that the remote lacks can still be read. */
function ruinRepository(): void {
  const directory = join(pool.slotPath(2), ".git");
  for (const name of ["HEAD", "config", "refs", "logs", "packed-refs", "objects/pack"])
    rmSync(join(directory, name), { recursive: true, force: true });
}

describe("a ruined slot", () => {
  test("is isolated instead if a work tree outside of it has its repository there", async () => {
    makePool();
    const outside = join(pool.root, "outside");
    git(pool.slotPath(2), "worktree", "add", "-q", "-b", "side", outside);
    ruinRepository();

    const report = await recover();

    expect(report).toMatchObject({ corruptedRecovered: 0, corruptedIsolated: 1 });
    expect(report.actions).toContainEqual(
      expect.objectContaining({ action: "reclone", outcome: "refused", reason: "needed_elsewhere" }),
    );
    expect(git(outside, "symbolic-ref", "HEAD")).toBe("refs/heads/side");
  });

  test("that another slot borrows from has its objects still when it is cloned anew", async () => {
    makePool();
    git(pool.slotPath(2), "commit", "-q", "--allow-empty", "-m", "nowhere else");
    const record = readFileSync(pool.recordPath(3));
    rmSync(pool.slotPath(3), { recursive: true });
    git(pool.root, "clone", "-q", "--shared", pool.slotPath(2), pool.slotPath(3));
    git(pool.slotPath(3), "remote", "set-url", "origin", pool.url);
    writeFileSync(pool.recordPath(3), record);
    ruinRepository();

    const report = await recover();

    expect(report.actions).toContainEqual(
      expect.objectContaining({ slotId: pool.slotId(2), action: "reclone", outcome: "done" }),
    );
    expect(git(pool.slotPath(3), "log", "-1", "--format=%s")).toBe("nowhere else");
    git(pool.slotPath(3), "fsck", "--full");
  });
});

test.each([
  ["set-url", "origin", "https://example.invalid/other.git"],
  ["remove", "origin"],
])(
  "a slot of which an agent did `remote %s %s` gets its remote back in place, and keeps its own branch",
  async (...change) => {
    makePool();
    git(pool.slotPath(2), "branch", "own");
    git(pool.slotPath(2), "remote", ...change);

    const report = await recover();

    expect(report.actions).toMatchObject([{ action: "restore_links", outcome: "done" }]);
    expect(git(pool.slotPath(2), "remote", "get-url", "origin")).toBe(pool.url);
    git(pool.slotPath(2), "fetch", "--prune");
    expect(git(pool.slotPath(2), "rev-parse", "origin/main", "own")).toMatch(/^([0-9a-f]{40})\n\1$/);
  },
);

describe("over a network, a slot that is cloned anew", () => {
  async function serveOrigin(): Promise<{ countSentObjects: () => number }> {
    const port = await freePort();
    const trace = join(pool.root, "trace.json");
    const options = [`--port=${port}`, "--listen=127.0.0.1", "--export-all", `--base-path=${pool.root}`];
    daemon = spawn("git", ["daemon", ...options], {
      detached: true,
      stdio: "ignore",
      env: { ...process.env, GIT_TRACE2_EVENT: trace },
    });
    await until("git daemon", () => accepts(port));
    const url = `git://127.0.0.1:${port}/origin.git`;
    for (const number of [1, 2, 3]) {
      git(pool.slotPath(number), "config", "remote.origin.url", url);
      pool.writeRecord(number, { repo_url: url });
    }
    const record = join(pool.directory, "pool.json");
    writeFileSync(record, readFileSync(record, "utf8").replace(pool.url, url));
    const wrote = /"key":"write_pack_file\/wrote","value":"(\d+)"/g;
    return {
      countSentObjects: () =>
        [...readFileSync(trace, "utf8").matchAll(wrote)].reduce((sum, [, count]) => sum + Number(count), 0),
    };
  }

  test("asks the remote for nothing that a slot beside it has, and shares no file with it", async () => {
    makePool();
    const remote = await serveOrigin();
    loseSlot();

    expect(await recover()).toMatchObject({ corruptedRecovered: 1, errors: [] });

    expect(remote.countSentObjects()).toBe(0);
    rmSync(pool.slotPath(1), { recursive: true });
    rmSync(pool.slotPath(3), { recursive: true });
    git(pool.slotPath(2), "fsck", "--full");
    expect(git(pool.slotPath(2), "rev-list", "--count", "--all")).toBe("4");
  });

  test("is whole where the slots beside it are damaged", async () => {
    makePool();
    const remote = await serveOrigin();
    loseSlot();
    for (const number of [1, 3]) spoilBlob(pool.slotPath(number));

    const report = await recover();

    expect(report.actions.filter(({ slotId }) => slotId === pool.slotId(2))).toContainEqual(
      expect.objectContaining({ action: "reclone", outcome: "done" }),
    );
    expect(remote.countSentObjects()).toBeGreaterThan(0);
    git(pool.slotPath(2), "fsck", "--full");
  });
});

/** Another content under the name of a blob, which nothing but its hash betrays. */
function spoilBlob(slotPath: string): void {
  const objects = join(slotPath, ".git", "objects");
  const packs = readdirSync(join(objects, "pack")).filter((name) => name.endsWith(".pack"));
  const contents = packs.map((name) => readFileSync(join(objects, "pack", name)));
  rmSync(join(objects, "pack"), { recursive: true });
  for (const input of contents) execFileSync("git", ["unpack-objects", "-q"], { cwd: slotPath, input });
  const [spoiled, other] = ["a", "b"].map((name) =>
    looseObjectPath(objects, git(slotPath, "rev-parse", `HEAD:d1/${name}.txt`)),
  ) as [string, string];
  chmodSync(spoiled, 0o644);
  copyFileSync(other, spoiled);
}

function accepts(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => {
      resolve(undefined);
    });
  });
}
