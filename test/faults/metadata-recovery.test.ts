import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { KnownGoodStore } from "../../src/inspection/memory/known-good.ts";
import { locateRepository } from "../../src/inspection/probe/worktree-links.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { readPools } from "../../src/pool/pool-store.ts";
import { PoolTemplate } from "../kit/working-slot.ts";

const template = new PoolTemplate("clone");
const { pool } = template;

beforeEach(() => {
  template.reset();
});
afterAll(() => {
  template.destroy();
});

function managerOfPool(): PoolManager {
  const base = createDefaultConfig(pool.root);
  return new PoolManager({ config: { ...base, workspacesDir: pool.workspacesDir, stateDir: pool.stateDir } });
}

/** What `serve` does while everything is healthy. */
async function remember(): Promise<void> {
  const [found] = readPools(pool.workspacesDir, { timeZone: "UTC" });
  if (found === undefined) throw new Error("there is no pool");
  const slots = found.slots.map((slot) => ({
    slot,
    directories: locateRepository(slot, found.directory).directories,
  }));
  await new KnownGoodStore(pool.stateDir).remember(found, slots, new Date());
}

function readRecord(): Record<string, unknown> {
  return JSON.parse(readFileSync(pool.recordPath(2), "utf8")) as Record<string, unknown>;
}

const lent = {
  state: "allocated",
  allocation_count: 7,
  total_usage_seconds: 1234,
  metadata: { task: "kept" },
};

test.each([
  [
    "gone",
    () => {
      rmSync(pool.recordPath(2));
    },
  ],
  [
    "garbage",
    () => {
      writeFileSync(pool.recordPath(2), "{ torn");
    },
  ],
])(
  "a slot.json that is %s comes back from the copy: state, counters, times and metadata",
  async (_, damage) => {
    const time = String(readRecord()["created_at"]);
    pool.writeRecord(2, { ...lent, last_allocated_at: time });
    await remember();
    damage();
    const report = await managerOfPool().autoRecover();
    expect(report, JSON.stringify(report.actions)).toMatchObject({ corruptedRecovered: 1, errors: [] });
    expect(readRecord()).toMatchObject({ ...lent, last_allocated_at: time, created_at: time });
  },
);

test("a slot that waited for a person still waits when its slot.json is restored", async () => {
  const isolation = { isolated_at: "2026-01-01T00:00:00", isolation_reason: "by hand" };
  pool.writeRecord(2, { state: "error", metadata: isolation });
  await remember();
  rmSync(pool.recordPath(2));
  await managerOfPool().autoRecover();
  expect(readRecord()).toMatchObject({ state: "error", metadata: isolation });
});

test("without a copy the slot becomes available, and its work is saved first", async () => {
  rmSync(pool.recordPath(2));
  const report = await managerOfPool().autoRecover();
  const restored = report.actions.find(({ action }) => action === "restore_metadata");
  expect(restored, JSON.stringify(report.actions)).toMatchObject({ outcome: "done" });
  expect(restored?.salvageId).toEqual(expect.any(String));
  expect(readRecord()).toMatchObject({ state: "available" });
  expect(readFileSync(join(pool.slotPath(2), "untracked.txt"), "utf8")).toContain("MARK-untracked");
});

test("a lost configuration comes back with what the copy says of it, and without the programs it named", async () => {
  const path = join(pool.slotPath(2), ".git", "config");
  const program = '[alias]\n\tst = "!touch /tmp/never"\n[user]\n\tname = Agent Name\n';
  writeFileSync(path, readFileSync(path, "utf8") + program);
  await remember();
  writeFileSync(path, "");
  const report = await managerOfPool().autoRecover();
  expect(report, JSON.stringify(report.actions)).toMatchObject({ corruptedRecovered: 1, errors: [] });
  const config = readFileSync(path, "utf8");
  expect(config).toContain("Agent Name");
  expect(config).not.toContain("touch");
});
