import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readLocks } from "../../src/pool/locks/lock-inspection.ts";
import { acquireSlotLock, tryAcquireSlotLock } from "../../src/pool/locks/slot-lock.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { RealPool } from "../kit/real-pool.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { createDefaultConfig } from "../../src/config/default-config.ts";

/** Debian's interpreter, which has Debian's python3-filelock. */
const python = "/usr/bin/python3";
let directory = "";
const children: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-lock-"));
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
  }
  rmSync(directory, { recursive: true, force: true });
});

async function holdFromPython(path: string): Promise<ChildProcess> {
  const program =
    "import sys, filelock\nwith filelock.FileLock(sys.argv[1]):\n  print('held', flush=True)\n  sys.stdin.read()";
  const child = spawn(python, ["-c", program, path], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  await once(child.stdout, "data");
  return child;
}

test("a lock that Python's filelock holds is busy, and its holder is named", async () => {
  const pool = new RealPool(1);
  try {
    const child = await holdFromPython(pool.lockPath(1));
    expect(tryAcquireSlotLock(pool.lockPath(1)).kind).toBe("busy");
    const { locks } = await readLocks(pool.workspacesDir);
    const [lock] = locks;
    expect(lock?.holder).toMatchObject({ kind: "held", processes: [{ pid: child.pid }] });
  } finally {
    pool.destroy();
  }
});

/** File systems for which stat(2) and /proc/locks name different devices; and what a lock is that nobody holds. */
const fileSystems = [
  [
    "a subvolume of btrfs",
    `truncate -s 128M image && mkfs.btrfs -q image && mkdir disk && mount -o loop image disk &&
     btrfs -q subvolume create disk/pool && mkdir disk/pool/locks`,
    "none",
  ],
  [
    "overlayfs over two file systems, the lock in the lower one",
    `mkdir lower disk && mount -t tmpfs tmpfs lower && mkdir -p lower/pool/locks upper work &&
     touch lower/pool/locks/workspace-demo-slot1.lock &&
     mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work,xino=off overlay disk`,
    // Its device is not that of the directory: it could be a mount of its own.
    "unknown",
  ],
] as const;

test.each(fileSystems)("a lock that is held on %s is not shown as free", async (_, make, freed) => {
  const made = spawnSync("sh", ["-ec", make], { cwd: directory, encoding: "utf8" });
  try {
    // It takes root, and a kernel with the file system.
    if (made.status !== 0) return;
    const workspacesDir = join(directory, "disk", "pool");
    const lock = join(workspacesDir, "locks", "workspace-demo-slot1.lock");
    const child = await holdFromPython(lock);
    const holderOf = async () => (await readLocks(workspacesDir)).locks[0]?.holder;
    expect(await holderOf()).toMatchObject({ kind: "held", processes: [{ pid: child.pid }] });
    child.kill("SIGKILL");
    await once(child, "close");
    expect(await holderOf()).toEqual({ kind: freed });
  } finally {
    spawnSync("umount", ["-R", join(directory, "disk")]);
    spawnSync("umount", ["-R", join(directory, "lower")]);
  }
});

test("a recovery leaves a slot alone while a neighbour holds its lock", async () => {
  const pool = new RealPool(2);
  try {
    writeFileSync(join(pool.slotPath(2), ".git", "HEAD"), "");
    await holdFromPython(pool.lockPath(2));
    const defaults = createDefaultConfig(pool.root);
    const manager = new PoolManager({
      config: { ...defaults, workspacesDir: pool.workspacesDir, stateDir: pool.stateDir },
    });
    const report = await manager.autoRecover({ lockTimeoutSeconds: 0.2 });
    expect(report.actions).toMatchObject([
      { slotId: pool.slotId(2), outcome: "refused", reason: "lock_held" },
    ]);
    expect(readFileSync(join(pool.slotPath(2), ".git", "HEAD"), "utf8")).toBe("");
  } finally {
    pool.destroy();
  }
});

test("neither side ever holds a slot lock while the other does", async () => {
  const lock = join(directory, "workspace-demo-slot1.lock");
  const counter = join(directory, "counter");
  writeFileSync(counter, "0");
  const rounds = 200;
  const program = [
    "import sys, filelock",
    "for _ in range(int(sys.argv[3])):",
    "  with filelock.FileLock(sys.argv[1]):",
    "    value = int(open(sys.argv[2]).read())",
    "    open(sys.argv[2], 'w').write(str(value + 1))",
  ].join("\n");
  const pythons = [1, 2].map(() =>
    spawn(python, ["-c", program, lock, counter, String(rounds)], { stdio: "inherit" }),
  );
  children.push(...pythons);
  const ended = pythons.map((child) => once(child, "close"));
  for (let round = 0; round < rounds; round++) {
    const held = await acquireSlotLock(lock, { timeoutSeconds: 60, clock: systemClock });
    if (held.kind === "busy") throw new Error(held.detail);
    writeFileSync(counter, String(Number(readFileSync(counter, "utf8")) + 1));
    held.release();
  }
  await Promise.all(ended);
  expect(readFileSync(counter, "utf8")).toBe(String(3 * rounds));
});
