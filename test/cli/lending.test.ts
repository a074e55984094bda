import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tryAcquireSlotLock } from "../../src/pool/locks/slot-lock.ts";
import { RealPool } from "../kit/real-pool.ts";
import { runProgram } from "../kit/run-program.ts";

let pool: RealPool;

beforeEach(() => {
  pool = new RealPool(1);
});

afterEach(() => {
  pool.destroy();
});

const run = (...args: string[]) => runProgram(pool, ...args);

function runJson(...args: string[]): unknown {
  const { status, stdout, stderr } = run(...args, "--json");
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

test("a slot is allocated and released from the command line, which prints its slot.json", () => {
  expect(runJson("allocate", "demo")).toMatchObject({
    slot_id: pool.slotId(1),
    state: "allocated",
    allocation_count: 1,
  });
  expect(run("allocate", "demo")).toMatchObject({
    status: 1,
    stdout: "",
    stderr: expect.stringContaining("NONE_AVAILABLE"),
  });
  writeFileSync(join(pool.slotPath(1), "work.txt"), "work\n");
  const released = run("release", pool.slotId(1), "--json");
  expect(JSON.parse(released.stdout)).toMatchObject({ state: "available" });
  expect(released.stderr).toContain("unsaved work was saved");
  expect(existsSync(join(pool.slotPath(1), "work.txt"))).toBe(false);
  expect(run("release", pool.slotId(1))).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("NOT_ALLOCATED"),
  });
});

test("status counts what is wrong in each pool", () => {
  expect(run("isolate", pool.slotId(1), "--reason", "test").status).toBe(0);
  const plan = run("recover", pool.slotId(1), "--dry-run").stdout;
  expect(plan).toContain("1. release (isolated)");
  expect(plan, "a person's isolation is no failed recovery").not.toContain("cooldown");
  writeFileSync(join(pool.slotPath(1), ".git", "HEAD"), "");
  const anomalies = { long_allocated_slots: 0, corrupted_slots: 1, orphaned_locks: 0 };
  expect(runJson("status")).toMatchObject([{ repo_name: "demo", isolated: 1, anomalies }]);
  expect(run("status").stdout).toContain("CORRUPTED");
});

test("a pool is created, listed, grown and shrunk from the command line", () => {
  expect(runJson("pool", "create", "fresh", "--url", pool.url, "--slots", "2")).toMatchObject({
    num_slots: 2,
  });
  expect(run("pool", "create", "fresh", "--url", pool.url)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("POOL_EXISTS"),
  });
  expect(runJson("pool", "add-slot", "fresh")).toMatchObject({ slot_id: "workspace-fresh-slot3" });
  expect(runJson("pool", "list")).toMatchObject([
    { repo_name: "demo" },
    { repo_name: "fresh", num_slots: 3 },
  ]);
  expect(runJson("pool", "remove-slot", "workspace-fresh-slot3")).toMatchObject({
    slot_id: "workspace-fresh-slot3",
  });
  expect(runJson("status")).toMatchObject([{ repo_name: "demo" }, { repo_name: "fresh", num_slots: 2 }]);
  expect(runJson("slots", "--pool", "demo")).toMatchObject([{ slot_id: pool.slotId(1), state: "available" }]);
  expect(run("slots").stdout).toContain("workspace-fresh-slot2");
  // As a removal leaves it that is killed before it counts.
  rmSync(join(pool.workspacesDir, "fresh", "slot2"), { recursive: true });
  expect(run("pool", "remove-slot", "workspace-fresh-slot2")).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("was not there any more, and is counted no longer"),
  });
});

test("a held lock is listed with its holder and never broken; an unheld one is no lock", () => {
  const lock = tryAcquireSlotLock(pool.lockPath(1));
  expect(runJson("locks", "list")).toMatchObject([
    { slot_id: pool.slotId(1), held: true, holders: [{ pid: process.pid }] },
  ]);
  expect(run("locks", "unlock", pool.slotId(1))).toMatchObject({
    status: 1,
    stdout: expect.stringContaining(`pid ${process.pid}`),
  });
  if (lock.kind === "held") lock.release();
  expect(runJson("locks", "unlock", pool.slotId(1))).toMatchObject({ kind: "not_locked" });
  expect(runJson("locks", "clean")).toEqual({ orphaned_locks_cleaned: 0, errors: [] });
  expect(existsSync(pool.lockPath(1))).toBe(true);
});
