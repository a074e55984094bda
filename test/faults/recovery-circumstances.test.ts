import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { systemClock, type Clock } from "../../src/platform/clock.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import type { RecoveryReport } from "../../src/recovery/recovery-report.ts";
import { faultNamed } from "../kit/faults/catalogue.ts";
import { SlotPlace } from "../kit/slot-place.ts";
import { freePort } from "../kit/free-port.ts";
import { git } from "../kit/real-pool.ts";
import { programArguments } from "../kit/run-program.ts";
import { sampleOf } from "../kit/sample.ts";
import { until } from "../kit/until.ts";
import { fingerprint, PoolTemplate, readableMarkers } from "../kit/working-slot.ts";

const number = 2;
const template = new PoolTemplate("clone");
const { pool } = template;
const servers: Server[] = [];
const daemons: ChildProcess[] = [];

beforeEach(() => {
  template.reset();
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const { pid } of daemons.splice(0)) if (pid !== undefined) process.kill(-pid, "SIGKILL");
});
afterAll(() => {
  template.destroy();
});

function managerAt(clock?: Clock): PoolManager {
  const base = createDefaultConfig(pool.root);
  const recovery = { ...base.recovery, concurrency: 1, minFreeRatio: 0 };
  const { workspacesDir, stateDir } = pool;
  const config = { ...base, workspacesDir, stateDir, recovery };
  return new PoolManager({ config, ...(clock === undefined ? {} : { clock }) });
}

function loseRepository(slotNumber = number): void {
  rmSync(join(pool.slotPath(slotNumber), ".git"), { recursive: true });
}

function moveRemote(url: string): void {
  const path = join(pool.directory, "pool.json");
  const record = JSON.parse(readFileSync(path, "utf8")) as object;
  writeFileSync(path, JSON.stringify({ ...record, repo_url: url }));
  for (const each of [1, 2, 3]) {
    pool.writeRecord(each, { repo_url: url });
    const config = join(pool.slotPath(each), ".git", "config");
    if (existsSync(config)) git(pool.slotPath(each), "config", "remote.origin.url", url);
  }
}

function stateOf(slotNumber = number): unknown {
  return (JSON.parse(readFileSync(pool.recordPath(slotNumber), "utf8")) as { state: unknown }).state;
}

/** What the agent left, without what the pool itself writes into the slot. */
function filesOf(slotNumber = number): Record<string, string> {
  const files = fingerprint(pool.slotPath(slotNumber));
  return Object.fromEntries(Object.entries(files).filter(([name]) => !name.endsWith("/slot.json")));
}

function outcomeOf(report: RecoveryReport, action: string): string | undefined {
  const found = report.actions.find((each) => each.slotId === pool.slotId(number) && each.action === action);
  return found === undefined ? undefined : `${found.outcome}: ${found.detail}`;
}

async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  servers.push(server);
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return port;
}

async function serveOrigin(): Promise<number> {
  const port = await freePort();
  const options = [`--port=${port}`, "--listen=127.0.0.1", "--export-all", `--base-path=${pool.root}`];
  daemons.push(spawn("git", ["daemon", ...options], { detached: true, stdio: "ignore" }));
  await until("git daemon", async () => ((await canConnect(port)) ? true : undefined));
  return port;
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => {
      resolve(false);
    });
  });
}

describe("a slot that needs a new clone stays as it is, with its work, where the remote", () => {
  async function expectAsItWas(detail: RegExp): Promise<void> {
    loseRepository();
    const before = filesOf();
    const report = await managerAt().autoRecover();
    expect(outcomeOf(report, "reclone")).toMatch(detail);
    expect(filesOf()).toEqual(before);
    expect(stateOf()).toBe("error");
    expect(existsSync(join(pool.root, "canary"))).toBe(false);
    const staging = join(pool.stateDir, "staging");
    expect(existsSync(staging) ? readdirSync(staging) : []).toEqual([]);
  }

  test.each([
    `--upload-pack=touch ${join(pool.root, "canary")}`,
    `ext::sh -c touch% ${join(pool.root, "canary")}`,
    `https://host.invalid/a\n[core]\nfsmonitor=touch ${join(pool.root, "canary")}`,
  ])("is %j", async (url) => {
    moveRemote(url);
    await expectAsItWas(/^refused: /);
  });

  test("takes connections and says nothing", async () => {
    moveRemote(`git://127.0.0.1:${await listen(() => undefined)}/origin.git`);
    await expectAsItWas(/^failed: git did not end in time/);
  });

  test.each(["git", "http"])("answers garbage over %s", async (protocol) => {
    const port = await listen((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n<html>\0not git\n"));
    moveRemote(`${protocol}://127.0.0.1:${port}/origin.git`);
    await expectAsItWas(/^failed: /);
  });

  test("is gone", async () => {
    rmSync(pool.origin, { recursive: true });
    await expectAsItWas(/^failed: .*does not/);
  });
});

// Only root may mount.
describe.runIf(process.getuid?.() === 0)("on a file system", () => {
  let mounted: string[] = [];
  afterEach(() => {
    for (const directory of mounted.reverse()) execFileSync("umount", ["-l", directory]);
    mounted = [];
  });
  function mount(directory: string, ...options: string[]): void {
    execFileSync("mount", [...options, directory]);
    mounted.push(directory);
  }

  const sizes = [0, 4, 16, 40, 64, 128, 256, 512, 1024];
  const faults = [
    "current branch empty",
    "current branch points to nothing",
    "everything in one pack, flipped in its middle",
    "everything in one pack, its index empty",
    "index cut in half",
    "config garbage",
    "objects directory missing",
  ].map(faultNamed);
  const cases = faults.flatMap((fault) => sizes.map((free) => ({ ...fault, free })));
  test.each(sampleOf(cases, 2, "full disks"))(
    "with $free KiB left, no work is lost after: $name",
    async ({ inject, depth, free }) => {
      const saved = join(pool.root, "saved");
      execFileSync("cp", ["-a", pool.workspacesDir, saved]);
      mount(pool.workspacesDir, "-t", "tmpfs", "-o", "size=64m", "tmpfs");
      execFileSync("cp", ["-a", `${saved}/.`, pool.workspacesDir]);
      inject(new SlotPlace(pool, number));
      const places = [pool.directory, pool.stateDir];
      const before = readableMarkers(...places);
      const filler = join(pool.workspacesDir, "filler");
      fillExcept(filler, free);

      const deep = depth === "full";
      const report = await managerAt()
        .autoRecover({ deep })
        .catch((error: unknown) => error);

      const code = report instanceof Error ? (report as { code?: string }).code : "none";
      expect(code, String(report)).toMatch(/^(?:none|[A-Z]+(?:_[A-Z]+)+)$/);
      const left = readableMarkers(...places);
      expect([...before].filter((marker) => !left.has(marker))).toEqual([]);
      rmSync(filler);
      const manager = managerAt();
      if (stateOf() === "error") await manager.recoverSlot(pool.slotId(number), { force: true });
      else await manager.autoRecover({ deep });
      const { anomalies } = await manager.snapshot({ deep: true });
      expect(anomalies.corruptedSlots).toEqual([]);
      const end = readableMarkers(...places);
      expect([...before].filter((marker) => !end.has(marker))).toEqual([]);
    },
  );

  test("that is read-only, a pool's slot is reported, and nothing of it is changed", async () => {
    loseRepository();
    const before = fingerprint(pool.directory);
    mount(pool.directory, "--bind", pool.directory);
    execFileSync("mount", ["-o", "remount,ro,bind", pool.directory]);
    const report = await managerAt().autoRecover();
    expect(report.corruptedRecovered).toBe(0);
    expect(report.errors).not.toEqual([]);
    expect(fingerprint(pool.directory)).toEqual(before);
  });

  test("that is read-only, a state directory ends a run before it changes anything", async () => {
    loseRepository();
    await managerAt().snapshot();
    execFileSync("mkdir", ["-p", pool.stateDir]);
    const before = fingerprint(pool.directory);
    mount(pool.stateDir, "--bind", pool.stateDir);
    execFileSync("mount", ["-o", "remount,ro,bind", pool.stateDir]);
    await expect(managerAt().autoRecover()).rejects.toMatchObject({
      code: expect.stringMatching(/^[A-Z_]+$/),
    });
    expect(fingerprint(pool.directory)).toEqual(before);
  });
});

/** Leaves so much free for files, as the file system itself counts. */
function fillExcept(path: string, freeKibibytes: number): void {
  execFileSync("sh", ["-c", `cat /dev/zero > '${path}' 2>/dev/null || true`]);
  execFileSync("truncate", ["-s", `-${freeKibibytes * 1024}`, path]);
}

describe("between plan and action", () => {
  /** Slot 1 waits for the remote while the neighbour changes slot 2, whose turn comes after it. */
  async function recoverWhile(change: () => void): Promise<RecoveryReport> {
    const upstream = await serveOrigin();
    const waiting: (() => void)[] = [];
    let isOpen = false;
    const gate = await listen((socket) => {
      const pass = (): void => {
        const onward = connect(upstream, "127.0.0.1");
        onward.on("error", () => undefined);
        socket.pipe(onward).pipe(socket);
      };
      if (isOpen) pass();
      else waiting.push(pass);
    });
    moveRemote(`git://127.0.0.1:${gate}/origin.git`);
    loseRepository(1);
    loseRepository(2);
    const running = managerAt().autoRecover();
    await until("the first slot's clone", () => (waiting.length > 0 ? true : undefined));
    change();
    isOpen = true;
    for (const pass of waiting) pass();
    return running;
  }

  test("a slot that a neighbour made anew and lent is left to who works in it", async () => {
    const record = readFileSync(pool.recordPath(2), "utf8");
    const report = await recoverWhile(() => {
      rmSync(pool.slotPath(2), { recursive: true });
      git(pool.root, "clone", "-q", pool.url, pool.slotPath(2));
      const url = (JSON.parse(readFileSync(pool.recordPath(1), "utf8")) as { repo_url: string }).repo_url;
      git(pool.slotPath(2), "config", "remote.origin.url", url);
      writeFileSync(pool.recordPath(2), record);
      pool.writeRecord(2, { repo_url: url, state: "allocated", last_allocated_at: new Date().toISOString() });
      writeFileSync(join(pool.slotPath(2), "new-work.txt"), "MARK-new\n");
    });
    expect(report).toMatchObject({ corruptedRecovered: 1, errors: [] });
    expect(stateOf(2)).toBe("allocated");
    expect(readFileSync(join(pool.slotPath(2), "new-work.txt"), "utf8")).toBe("MARK-new\n");
  });

  test("a slot that a neighbour removed is not brought back", async () => {
    const report = await recoverWhile(() => {
      rmSync(pool.slotPath(2), { recursive: true });
      const path = join(pool.directory, "pool.json");
      const record = JSON.parse(readFileSync(path, "utf8")) as object;
      writeFileSync(path, JSON.stringify({ ...record, num_slots: 2 }));
    });
    expect(report.corruptedRecovered).toBe(1);
    expect(existsSync(pool.slotPath(2))).toBe(false);
  });
});

test("two programs that recover one slot at once recover it once", async () => {
  loseRepository();
  const args = programArguments(pool, "recover", "--json");
  const run = promisify(execFile);
  const reports = await Promise.all([run(process.execPath, args), run(process.execPath, args)]);
  const counts = reports.map(
    ({ stdout }) => (JSON.parse(stdout) as { corrupted_recovered: number }).corrupted_recovered,
  );
  expect(counts.sort()).toEqual([0, 1]);
  git(pool.slotPath(number), "fsck", "--full");
});

test("a clock that was set back a day holds no recovery up and mixes up nothing that was kept", async () => {
  const tomorrow = { ...systemClock, now: () => new Date(Date.now() + 24 * 3_600_000) };
  loseRepository();
  expect(await managerAt(tomorrow).autoRecover()).toMatchObject({ corruptedRecovered: 1, errors: [] });
  const kept = readableMarkers(pool.stateDir);
  loseRepository();
  expect(await managerAt().autoRecover()).toMatchObject({ corruptedRecovered: 1, errors: [] });
  const left = readableMarkers(pool.stateDir);
  expect([...kept].filter((marker) => !left.has(marker))).toEqual([]);
});

test("a lent repository of a later format keeps it through a forced release: all of it goes to quarantine", async () => {
  const slot = new SlotPlace(pool, number);
  slot.run("config", "core.repositoryformatversion", "9");
  pool.writeRecord(number, { state: "allocated", last_allocated_at: "2020-01-01T00:00:00" });
  await managerAt().autoRecover({ forceReleaseLongAllocated: true });
  const quarantine = join(pool.stateDir, "quarantine");
  const kept = readdirSync(quarantine, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".git/config") && existsSync(join(quarantine, name, "..", "HEAD")))
    .map((name) => readFileSync(join(quarantine, name), "utf8"));
  expect(kept).toEqual([expect.stringContaining("repositoryformatversion = 9")]);
  expect(stateOf()).toBe("available");
});
