import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import type { CleanupPolicy } from "../../src/lending/lending-rules.ts";
import { Journal } from "../../src/journal/journal.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { Pauses } from "../../src/recovery/guards/pauses.ts";
import { restoreWork } from "../../src/salvage/restore/restore-work.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { sampleLayouts } from "../kit/sample.ts";
import { digestTree } from "../kit/tree-digest.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

function managerOf(more: Partial<CleanupPolicy> = {}): PoolManager {
  const base = createDefaultConfig(pool.root);
  const cleanup = { fetchOnAllocate: true, cleanOnRelease: true, isWarmupEnabled: false, ...more };
  const ofPool = { repoUrl: undefined, numSlots: undefined, cleanup };
  const lending = { ...base.lending, pools: { demo: ofPool } };
  const { workspacesDir, stateDir } = pool;
  return new PoolManager({ config: { ...base, lending, workspacesDir, stateDir } });
}

function record(): Record<string, unknown> {
  return JSON.parse(readFileSync(pool.recordPath(1), "utf8")) as Record<string, unknown>;
}

/** A slot that was allocated two days ago, with work of every kind in it. */
function anOldAllocation(layout: "clone" | "worktree"): string {
  pool = new RealPool(2, layout);
  const path = pool.slotPath(1);
  git(path, "checkout", "-q", "-b", "agent");
  writeFileSync(join(path, "committed.txt"), "MARK-committed\n");
  git(path, "add", "committed.txt");
  git(path, "commit", "-q", "-m", "work");
  writeFileSync(join(path, "file.txt"), "MARK-changed\n");
  writeFileSync(join(path, "untracked.txt"), "MARK-untracked\n");
  pool.writeRecord(1, { state: "allocated", last_allocated_at: "2026-01-01T00:00:00", allocation_count: 1 });
  return path;
}

function advanceOrigin(): string {
  const author = join(pool.root, "author");
  git(pool.root, "clone", "-q", pool.origin, author);
  git(author, "commit", "-q", "--allow-empty", "-m", "news");
  git(author, "push", "-q", "origin", "HEAD:main");
  return git(author, "rev-parse", "HEAD");
}

/** What a run leaves that is killed while it cleans the slot. */
function leaveKilledRelease(): Journal {
  const journal = new Journal(pool.stateDir);
  const run = { recovery_id: "killed", trigger: "command", mode: "live" } as const;
  const about = { repo_name: "demo", slot_id: pool.slotId(1), action: "release", step_id: "step" };
  journal.append({ kind: "run_started", ...run }, new Date());
  journal.append({ kind: "intent", ...run, ...about, reason: "allocation_too_old" }, new Date());
  pool.writeRecord(1, { state: "cleaning" });
  return journal;
}

async function expectSaved(id: string | undefined): Promise<void> {
  const directory = join(pool.root, "restored");
  const { stateDir, workspacesDir } = pool;
  await restoreWork({ id: id ?? "", directory, stateDir, workspacesDir, now: new Date() });
  expect(readFileSync(join(directory, "file.txt"), "utf8")).toBe("MARK-changed\n");
  expect(readFileSync(join(directory, "untracked.txt"), "utf8")).toBe("MARK-untracked\n");
  expect(readFileSync(join(directory, "committed.txt"), "utf8")).toBe("MARK-committed\n");
}

function expectClean(path: string): void {
  expect(existsSync(join(path, "untracked.txt"))).toBe(false);
  expect(readFileSync(join(path, "file.txt"), "utf8")).toBe("content\n");
  expect(git(path, "symbolic-ref", "HEAD")).toBe("refs/heads/agent");
  expect(readFileSync(join(path, "committed.txt"), "utf8")).toBe("MARK-committed\n");
}

const forced = { forceReleaseLongAllocated: true } as const;

describe.each(sampleLayouts("forced releases"))("a forced release of a %s slot", (layout) => {
  test("ends as every release does: saved, fetched, cleaned and reset, its branch kept", async () => {
    const path = anOldAllocation(layout);
    const newest = advanceOrigin();
    const report = await managerOf().autoRecover(forced);
    const told = JSON.stringify(report, undefined, 1);
    expect(report, told).toMatchObject({ longAllocatedReleased: 1, corruptedRecovered: 0, errors: [] });
    expect(report.actions, told).toMatchObject([{ action: "release", outcome: "done" }]);
    expectClean(path);
    expect(git(path, "rev-parse", "origin/main")).toBe(newest);
    expect(record()).toMatchObject({ state: "available", current_branch: "agent" });
    expect(Number(record()["total_usage_seconds"])).toBeGreaterThan(86_400);
    await expectSaved(report.actions[0]?.salvageId);
  });

  test("loses nothing when the remote is down, and says that it did not fetch", async () => {
    const path = anOldAllocation(layout);
    renameSync(pool.origin, `${pool.origin}.away`);
    const report = await managerOf().autoRecover(forced);
    expect(report).toMatchObject({ longAllocatedReleased: 1, errors: [] });
    expect(report.actions[0]?.detail).toMatch(/is available again; not fetched: /);
    expectClean(path);
    await expectSaved(report.actions[0]?.salvageId);
  });

  test("comes after the repair of a broken slot", async () => {
    const path = anOldAllocation(layout);
    writeFileSync(git(path, "rev-parse", "--path-format=absolute", "--git-path", "index"), "garbage");
    const report = await managerOf().autoRecover(forced);
    const told = JSON.stringify(report, undefined, 1);
    expect(report, told).toMatchObject({ longAllocatedReleased: 1, corruptedRecovered: 1, errors: [] });
    expect(report.actions.map(({ action }) => action)).toEqual(["rebuild_index", "release"]);
    expectClean(path);
    expect(record()).toMatchObject({ state: "available" });
    await expectSaved(report.actions[1]?.salvageId);
  });

  test("of a broken slot that may not be repaired saves its work and takes it out of rotation", async () => {
    const path = anOldAllocation(layout);
    writeFileSync(git(path, "rev-parse", "--path-format=absolute", "--git-path", "index"), "garbage");
    const report = await managerOf().autoRecover({ ...forced, recoverCorrupted: false });
    expect(report).toMatchObject({ longAllocatedReleased: 0, corruptedIsolated: 0 });
    expect(report.errors).toEqual([expect.stringContaining("was not released")]);
    expect(record()).toMatchObject({
      state: "error",
      metadata: { error_reason: expect.any(String) as string },
    });
    expect(readFileSync(join(path, "untracked.txt"), "utf8")).toBe("MARK-untracked\n");
    await expectSaved(report.actions[0]?.salvageId);
  });

  test("saves the work also in a pool whose slots are not cleaned at release", async () => {
    const path = anOldAllocation(layout);
    const report = await managerOf({ cleanOnRelease: false }).autoRecover(forced);
    expect(report).toMatchObject({ longAllocatedReleased: 1, errors: [] });
    expect(readFileSync(join(path, "untracked.txt"), "utf8")).toBe("MARK-untracked\n");
    expect(record()).toMatchObject({ state: "available" });
    await expectSaved(report.actions[0]?.salvageId);
  });

  test("is only planned by a dry run, which changes nothing", async () => {
    anOldAllocation(layout);
    const before = digestTree(pool.workspacesDir);
    const report = await managerOf().autoRecover({ ...forced, dryRun: true });
    expect(report.actions).toMatchObject([
      { action: "release", outcome: "planned", purpose: "release", endsWhen: "step_done" },
    ]);
    expect(digestTree(pool.workspacesDir)).toEqual(before);
  });
});

test.each(["clone", "worktree"] as const)(
  "a release of a %s slot that was killed while it cleaned is finished by any later run",
  async (layout) => {
    const path = anOldAllocation(layout);
    const journal = leaveKilledRelease();
    const report = await managerOf().autoRecover();
    expect(report).toMatchObject({ errors: [], actions: [] });
    expectClean(path);
    expect(record()).toMatchObject({ state: "available", current_branch: "agent" });
    const [outcome] = journal.read().filter(({ kind }) => kind === "outcome");
    expect(outcome).toMatchObject({ step_id: "step", outcome: "done", reason: "interrupted" });
    await expectSaved(outcome?.salvage_id);
    const ends = journal
      .read()
      .filter(({ kind, recovery_id: id }) => kind === "run_finished" && id === "killed");
    expect(ends).toMatchObject([
      { data: { results: { demo: { long_allocated_released: 1, errors: 0 } }, interrupted: true } },
    ]);
  },
);

test("a pause keeps a killed release open until it ends", async () => {
  const path = anOldAllocation("clone");
  leaveKilledRelease();
  const pauses = new Pauses(pool.stateDir);
  const wholePool = { pool: "demo", slotId: undefined };
  await pauses.pause(
    { name: "test", reason: "a look", operator: "test", expiresAt: undefined, ...wholePool },
    new Date(),
  );
  const paused = await managerOf().autoRecover();
  expect(paused.errors).toEqual([expect.stringContaining("an interrupted release: ")]);
  expect(record()).toMatchObject({ state: "cleaning" });
  expect(existsSync(join(path, "untracked.txt"))).toBe(true);
  await pauses.resume("test", new Date());
  expect(await managerOf().autoRecover()).toMatchObject({ errors: [] });
  expect(record()).toMatchObject({ state: "available" });
  expectClean(path);
});

test("a person's recovery of an isolated slot that is sound ends as every release does", async () => {
  const path = anOldAllocation("clone");
  const isolation = { isolated_at: "2026-01-02T00:00:00", isolation_reason: "by hand" };
  pool.writeRecord(1, { state: "error", metadata: { task: "kept", ...isolation } });
  const report = await managerOf().recoverSlotDetailed(pool.slotId(1));
  expect(report).toMatchObject({ errors: [], actions: [{ action: "release", outcome: "done" }] });
  expectClean(path);
  expect(record()).toMatchObject({ state: "available", metadata: { task: "kept" } });
  expect(record()["metadata"]).not.toHaveProperty("isolated_at");
  await expectSaved(report.actions[0]?.salvageId);
});

test("a dry run tells every step of a broken slot in its order, and changes nothing", async () => {
  const path = anOldAllocation("clone");
  pool.writeRecord(1, { state: "available" });
  writeFileSync(join(path, ".git", "HEAD"), "");
  const before = digestTree(pool.workspacesDir);
  const report = await managerOf().autoRecover({ dryRun: true });
  expect(report.actions.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
    "restore_links planned",
    "reclone planned",
    "isolate planned",
  ]);
  expect(digestTree(pool.workspacesDir)).toEqual(before);
});
