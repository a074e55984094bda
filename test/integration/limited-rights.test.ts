import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatPoolTime, systemTimeZone } from "../../src/pool/records/local-time.ts";
import { freePort } from "../kit/free-port.ts";
import { RealPool } from "../kit/real-pool.ts";
import { digestTree } from "../kit/tree-digest.ts";
import { until } from "../kit/until.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const isRoot = process.getuid?.() === 0;
/** Somebody who owns nothing of the pool and may write nowhere in it. */
const stranger = isRoot ? { uid: 65534, gid: 65534 } : {};

let pool: RealPool;
const running: ChildProcess[] = [];

beforeEach(() => {
  pool = new RealPool(2);
});

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const closed = once(child, "close");
    // unshare holds SIGTERM back while its child runs.
    child.kill("SIGKILL");
    await closed;
  }
  pool.destroy();
});

const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);

async function serve(
  prefix: readonly string[],
  options: { configuration?: string; as?: { uid?: number; gid?: number } },
): Promise<{ read: (path: string) => Promise<string>; log: () => string }> {
  const port = await freePort();
  const config = join(pool.root, "sidecar.yaml");
  writeFileSync(config, `collector: { schedule: "* * * * * *" }\n${options.configuration ?? ""}`);
  const flags = ["--workspaces-dir", pool.workspacesDir, "--config.file", config];
  const address = ["--web.listen-address", `127.0.0.1:${port}`];
  const argv = [...prefix, process.execPath, main, "serve", ...flags, ...address];
  const child = spawn(argv[0] ?? "", argv.slice(1), {
    ...options.as,
    cwd: "/",
    // Somebody else's home directory cannot be read, and so neither the pool manager's settings there.
    env: { ...process.env, HOME: pool.root },
    stdio: "pipe",
  });
  running.push(child);
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      log += chunk.toString();
    });
  const read = async (path: string): Promise<string> => {
    try {
      return await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    } catch {
      return "";
    }
  };
  return { read, log: () => log };
}

test.runIf(isRoot)(
  "an account that may only read watches, exports and checks, and writes nothing",
  async () => {
    chmodSync(pool.root, 0o755);
    writeFileSync(join(pool.slotPath(2), ".git", "index"), "DIRC");
    const before = digestTree(pool.workspacesDir);
    const { read } = await serve([], { as: stranger });
    await until("the fault in the metrics", async () =>
      /^repo_pool_anomalies\{pool="demo",kind="corrupted_slot"\} 1$/m.test(await read("/metrics"))
        ? true
        : undefined,
    );
    const checked = spawnSync(
      process.execPath,
      [main, "check", "--json", "--deep", "--workspaces-dir", pool.workspacesDir],
      { ...stranger, cwd: "/", encoding: "utf8", env: { ...process.env, HOME: pool.root } },
    );
    expect(checked.status, checked.stdout + checked.stderr).toBe(3);
    expect(JSON.parse(checked.stdout)).toMatchObject({
      corrupted_slots: [{ slot_id: pool.slotId(2), reasons: ["index_corrupt"] }],
    });
    expect(existsSync(pool.stateDir)).toBe(false);
    expect(digestTree(pool.workspacesDir)).toEqual(before);
  },
);

const namespace = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
const hasNamespaces = isRoot && spawnSync("unshare", [...namespace.slice(1), "true"]).status === 0;

test.runIf(hasNamespaces)(
  "in a PID namespace of its own the sidecar says unknown, removes no held lock and releases no living allocation",
  async () => {
    pool.writeRecord(1, {
      state: "allocated",
      allocation_count: 1,
      last_allocated_at: formatPoolTime(hoursAgo(60), systemTimeZone()),
    });
    const agent = spawn("sleep", ["600"], { cwd: pool.slotPath(1), stdio: "ignore" });
    running.push(agent);
    const lock = pool.lockPath(9);
    closeSync(openSync(lock, "w"));
    utimesSync(lock, hoursAgo(48), hoursAgo(48));
    const holder = spawn("flock", [lock, "sleep", "600"], { stdio: "ignore", detached: true });
    await until("the lock to be held", () =>
      spawnSync("flock", ["--nonblock", lock, "true"]).status === 1 ? true : undefined,
    );
    utimesSync(lock, hoursAgo(48), hoursAgo(48));
    try {
      const { read, log } = await serve(namespace, {
        configuration: 'recovery: { strategy: aggressive, schedule: "*/2 * * * * *" }\n',
      });
      await until("a refused release", async () =>
        /^repo_pool_recovery_skipped_total\{action="release",reason="activity_unknown"\} [1-9]/m.test(
          await read("/metrics"),
        )
          ? true
          : undefined,
      );
      expect(await read("/metrics")).toMatch(
        /^repo_pool_problems\{pool="",problem="limited_visibility"\} 1$/m,
      );
      expect(log()).toContain("limited_visibility");
      const slots = await read("/api/v1/slots");
      expect(JSON.parse(slots)).toEqual(
        expect.arrayContaining([expect.objectContaining({ slot_id: pool.slotId(1), activity: "unknown" })]),
      );
      expect(existsSync(lock)).toBe(true);
      expect(spawnSync("flock", ["--nonblock", lock, "true"]).status).toBe(1);
    } finally {
      if (holder.pid !== undefined) process.kill(-holder.pid, "SIGKILL");
    }
  },
);

const hiding =
  'mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"';
const canHide = isRoot && spawnSync("unshare", ["--mount", "sh", "-ec", hiding, "sh", "true"]).status === 0;

test.runIf(canHide)("a /proc that hides the processes of others is told once, with what ends it", () => {
  chmodSync(pool.root, 0o755);
  const argv = [process.execPath, main, "check", "--json", "--workspaces-dir", pool.workspacesDir];
  const checked = spawnSync("unshare", ["--mount", "sh", "-ec", hiding, "sh", ...argv], {
    ...{ cwd: "/", encoding: "utf8", env: { ...process.env, HOME: pool.root } },
  });
  const { problems } = JSON.parse(checked.stdout) as { problems: { code: string; detail: string }[] };
  expect(problems).toMatchObject([{ code: "limited_visibility" }]);
  for (const part of ["hidepid", "without a heartbeat", "run the sidecar as the pool's user (uid 0)"])
    expect(problems[0]?.detail).toContain(part);
});

test.each(["clone", "worktree"] as const)(
  "directories that may not be written are cleaned by their owner, tracked ones too (%s)",
  (layout) => {
    pool.destroy();
    pool = new RealPool(1, layout);
    if (isRoot) spawnSync("chown", ["-R", `${stranger.uid}:${stranger.gid}`, pool.root]);
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [main, ...args, "--workspaces-dir", pool.workspacesDir], {
        ...stranger,
        cwd: "/",
        encoding: "utf8",
        env: { ...process.env, HOME: pool.root },
      });
    expect(run("allocate", "demo").status).toBe(0);
    const slot = pool.slotPath(1);
    const commit = "git -c user.name=t -c user.email=t@example.invalid commit -q -m more";
    const script = `mkdir -p cache/mod/a@v1 cache/nested tracked && git init -q cache/nested &&
      echo committed > tracked/file.txt && git add tracked && ${commit} && rm tracked/file.txt &&
      echo x > cache/mod/a@v1/f && chmod 444 cache/mod/a@v1/f && chmod 555 cache/mod/a@v1 cache/nested cache tracked`;
    const prepared = spawnSync("sh", ["-c", script], { ...stranger, cwd: slot, encoding: "utf8" });
    expect(prepared.status, prepared.stderr).toBe(0);
    const released = run("release", pool.slotId(1));
    expect(released.status, released.stderr).toBe(0);
    expect(existsSync(join(slot, "cache"))).toBe(false);
    expect(readFileSync(join(slot, "tracked", "file.txt"), "utf8")).toBe("committed\n");
  },
);

test("an allocation is not called idle if its heartbeat cannot be read", () => {
  pool.writeRecord(1, {
    state: "allocated",
    last_allocated_at: formatPoolTime(hoursAgo(60), systemTimeZone()),
  });
  mkdirSync(pool.stateDir, { recursive: true });
  writeFileSync(join(pool.stateDir, "heartbeats"), "");
  const checked = spawnSync(
    process.execPath,
    [main, "check", "--json", "--workspaces-dir", pool.workspacesDir],
    { cwd: "/", encoding: "utf8", env: { ...process.env, HOME: pool.root } },
  );
  expect(JSON.parse(checked.stdout)).toMatchObject({
    long_allocated_slots: [{ slot_id: pool.slotId(1), activity: "unknown" }],
    problems: [{ code: "limited_visibility", detail: expect.stringContaining("heartbeats") as string }],
  });
});
