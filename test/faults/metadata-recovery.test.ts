import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { git } from "../kit/real-pool.ts";
import { rememberPool } from "../kit/remember-pool.ts";
import { fingerprint, PoolTemplate } from "../kit/working-slot.ts";

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
    await rememberPool(pool);
    damage();
    const report = await managerOfPool().autoRecover();
    expect(report, JSON.stringify(report.actions)).toMatchObject({ corruptedRecovered: 1, errors: [] });
    expect(readRecord()).toMatchObject({ ...lent, last_allocated_at: time, created_at: time });
  },
);

test("a slot that waited for a person still waits when its slot.json is restored", async () => {
  const isolation = { isolated_at: "2026-01-01T00:00:00", isolation_reason: "by hand" };
  pool.writeRecord(2, { state: "error", metadata: isolation });
  await rememberPool(pool);
  rmSync(pool.recordPath(2));
  await managerOfPool().autoRecover();
  expect(readRecord()).toMatchObject({ state: "error", metadata: isolation });
});

/** An agent's `add -A` takes the record along, and its next checkout takes it off the disk. */
function checkRecordAway(): void {
  const path = pool.slotPath(2);
  git(path, "stash", "-q", "--include-untracked", "--", ":!slot.json");
  git(path, "checkout", "-q", "-b", "agent");
  git(path, "add", "-f", "slot.json");
  git(path, "commit", "-q", "-m", "everything");
  git(path, "checkout", "-q", "main");
  expect(existsSync(pool.recordPath(2))).toBe(false);
}

describe("without a copy", () => {
  test("a slot with work in it is isolated, with every byte where it was", async () => {
    rmSync(pool.recordPath(2));
    const before = fingerprint(pool.slotPath(2));
    const report = await managerOfPool().autoRecover({ deep: true });
    expect(report, JSON.stringify(report.actions)).toMatchObject({ corruptedIsolated: 1 });
    expect(readRecord()).toMatchObject({ state: "error" });
    expect(readRecord()["metadata"]).toMatchObject({
      isolation_reason: expect.stringMatching(/nothing says whether the slot is allocated/) as string,
    });
    expect(fingerprint(pool.slotPath(2))).toMatchObject(before);
    expect(await managerOfPool().autoRecover({ deep: true })).toMatchObject({ actions: [] });
  });

  test("a slot in which nothing is unsaved becomes available", async () => {
    rmSync(pool.recordPath(1));
    const report = await managerOfPool().autoRecover();
    expect(report, JSON.stringify(report.actions)).toMatchObject({ corruptedRecovered: 1, errors: [] });
    expect(JSON.parse(readFileSync(pool.recordPath(1), "utf8"))).toMatchObject({ state: "available" });
  });

  test.each([
    [
      "a commit that is on no remote",
      (path: string) => {
        git(path, "checkout", "-q", "-b", "agent");
        git(path, "commit", "-q", "--allow-empty", "-m", "work");
        git(path, "checkout", "-q", "main");
      },
    ],
    [
      "a detached commit that the reflog alone names",
      (path: string) => {
        git(path, "checkout", "-q", "--detach");
        git(path, "commit", "-q", "--allow-empty", "-m", "work");
        git(path, "checkout", "-q", "main");
      },
    ],
    [
      "an ignored file",
      (path: string) => {
        writeFileSync(join(path, ".git", "info", "exclude"), "*.log\n");
        writeFileSync(join(path, "run.log"), "MARK-log\n");
      },
    ],
    [
      "a merge in progress",
      (path: string) => {
        writeFileSync(join(path, ".git", "MERGE_HEAD"), git(path, "rev-parse", "HEAD"));
      },
    ],
  ])("%s keeps a slot from being lent", async (_, work) => {
    work(pool.slotPath(1));
    rmSync(pool.recordPath(1));
    await managerOfPool().autoRecover();
    expect(JSON.parse(readFileSync(pool.recordPath(1), "utf8"))).toMatchObject({ state: "error" });
  });

  test("a slot that had to be cloned again is not lent: whoever used it may still", async () => {
    rmSync(pool.recordPath(2));
    rmSync(join(pool.slotPath(2), ".git"), { recursive: true });
    const report = await managerOfPool().autoRecover({ deep: true });
    expect(report.actions.map(({ action }) => action)).toContain("reclone");
    expect(readRecord()).toMatchObject({ state: "error" });
    expect(await managerOfPool().autoRecover({ deep: true })).toMatchObject({ actions: [] });
  });
});

describe("a record that an agent checked away", () => {
  test("comes back as allocated from the copy that the allocation made", async () => {
    const slot = await managerOfPool().allocateSlot("demo");
    const number = slot?.number ?? 0;
    const path = pool.slotPath(number);
    const record: unknown = JSON.parse(readFileSync(pool.recordPath(number), "utf8"));
    git(path, "checkout", "-q", "-b", "agent");
    git(path, "add", "-f", "slot.json");
    git(path, "commit", "-q", "-m", "everything");
    git(path, "checkout", "-q", "main");
    const report = await managerOfPool().autoRecover();
    expect(report, JSON.stringify(report.actions)).toMatchObject({ corruptedRecovered: 1, errors: [] });
    const before = { ...(record as Record<string, unknown>), updated_at: expect.any(String) as string };
    expect(JSON.parse(readFileSync(pool.recordPath(number), "utf8"))).toMatchObject(before);
  });

  test("is not believed to be available because it was before the slot was used", async () => {
    await rememberPool(pool);
    const seconds = Date.now() / 1000 + 5;
    checkRecordAway();
    utimesSync(join(pool.slotPath(2), ".git", "index"), seconds, seconds);
    await managerOfPool().autoRecover();
    expect(readRecord()).toMatchObject({ state: "error" });
  });

  test("does not go with `git add -A` once the slot was allocated", async () => {
    const slot = await managerOfPool().allocateSlot("demo");
    const path = slot?.path ?? "";
    writeFileSync(join(path, "work.txt"), "work\n");
    git(path, "add", "-A");
    expect(git(path, "diff", "--cached", "--name-only")).toBe("work.txt");
    expect(git(path, "status", "--porcelain")).toBe("A  work.txt");
  });
});

test("a lost configuration comes back with what the copy says of it, and without the programs it named", async () => {
  const path = join(pool.slotPath(2), ".git", "config");
  const program = '[alias]\n\tst = "!touch /tmp/never"\n[user]\n\tname = Agent Name\n';
  writeFileSync(path, readFileSync(path, "utf8") + program);
  await rememberPool(pool);
  writeFileSync(path, "");
  const report = await managerOfPool().autoRecover();
  expect(report, JSON.stringify(report.actions)).toMatchObject({ corruptedRecovered: 1, errors: [] });
  const config = readFileSync(path, "utf8");
  expect(config).toContain("Agent Name");
  expect(config).not.toContain("touch");
});
