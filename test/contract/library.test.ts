import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PoolConfig, PoolManager, SlotState, type RecoveryReport } from "../../src/index.ts";
import { tryAcquireSlotLock } from "../../src/pool/locks/slot-lock.ts";
import { formatPoolTime, systemTimeZone } from "../../src/pool/records/local-time.ts";
import { git, RealPool } from "../kit/real-pool.ts";

/** The guide's methods and its examples, in TypeScript, on a real pool. */
let pool: RealPool;
let configFile = "";
let manager: PoolManager;

beforeEach(async () => {
  pool = new RealPool(3);
  configFile = join(pool.root, "sidecar.yaml");
  writeFileSync(configFile, `workspaces_dir: ${pool.workspacesDir}\nstate_dir: ${pool.stateDir}\n`);
  manager = await PoolManager.fromConfigFile(configFile);
});

afterEach(() => {
  pool.destroy();
});

const hoursAgo = (hours: number): string =>
  formatPoolTime(new Date(Date.now() - hours * 3_600_000), systemTimeZone());

function allocateSince(number: number, hours: number): void {
  pool.writeRecord(number, { state: "allocated", allocation_count: 1, last_allocated_at: hoursAgo(hours) });
}

function corrupt(number: number): void {
  writeFileSync(join(pool.slotPath(number), ".git", "HEAD"), "");
}

/** A lock file of a slot that does not exist, older than the guide's 24 hours. */
function leaveOrphanedLock(): string {
  const path = pool.lockPath(9);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "");
  const then = new Date(Date.now() - 25 * 3_600_000);
  utimesSync(path, then, then);
  return path;
}

function countsOf(report: RecoveryReport) {
  return {
    released: report.longAllocatedReleased,
    recovered: report.corruptedRecovered,
    isolated: report.corruptedIsolated,
    locks: report.orphanedLocksCleaned,
    errors: report.errors,
  };
}

describe("detection", () => {
  test("of long allocated slots takes the guide's threshold, 24 hours by default", async () => {
    allocateSince(1, 30);
    expect((await manager.detectLongAllocatedSlots()).map(({ slotId }) => slotId)).toEqual([pool.slotId(1)]);
    expect(await manager.detectLongAllocatedSlots({ maxAllocationHours: 48 })).toEqual([]);
  });

  test("of corrupted slots names the reason", async () => {
    corrupt(2);
    expect(await manager.detectCorruptedSlots()).toMatchObject([
      { slotId: pool.slotId(2), reasons: ["head_invalid"] },
    ]);
  });

  test("of orphaned locks gives slot, path and reason", async () => {
    const path = leaveOrphanedLock();
    expect(await manager.detectOrphanedLocks()).toMatchObject([
      { slotId: pool.slotId(9), path, reason: "no_such_slot" },
    ]);
  });

  test("of everything at once gives the guide's three lists", async () => {
    allocateSince(1, 30);
    corrupt(2);
    leaveOrphanedLock();
    const anomalies = await manager.detectAnomalies({ maxAllocationHours: 24 });
    expect(anomalies.longAllocatedSlots).toHaveLength(1);
    expect(anomalies.corruptedSlots).toHaveLength(1);
    expect(anomalies.orphanedLocks).toHaveLength(1);
  });
});

describe("recovery by hand", () => {
  test("of a corrupted slot is true, and the slot is sound again", async () => {
    corrupt(1);
    expect(await manager.recoverSlot(pool.slotId(1), { force: false })).toBe(true);
    expect(git(pool.slotPath(1), "rev-parse", "--abbrev-ref", "HEAD")).toBe("main");
  });

  test("in detail gives each action", async () => {
    corrupt(1);
    const report = await manager.recoverSlotDetailed(pool.slotId(1));
    expect(report.actions).toMatchObject([{ action: "restore_links", outcome: "done" }]);
  });

  test("takes isolated slots back, as the guide's example does", async () => {
    await manager.isolateSlot(pool.slotId(2), "to be looked at");
    expect(await manager.allocateSlot("demo")).toMatchObject({ slotId: pool.slotId(1) });

    const { slots } = await manager.getPool("demo");
    const isolated = slots.filter(({ state }) => state === SlotState.ERROR);
    expect(isolated.map(({ slotId }) => slotId)).toEqual([pool.slotId(2)]);
    for (const slot of isolated) {
      expect(slot.metadata["isolated_at"]).toEqual(expect.any(String));
      expect(slot.metadata["isolation_reason"]).toBe("to be looked at");
      expect(await manager.recoverSlot(slot.slotId, { force: true })).toBe(true);
    }
    expect((await manager.getSlotStatus(pool.slotId(2))).state).toBe(SlotState.AVAILABLE);
  });
});

describe("autoRecover", () => {
  beforeEach(() => {
    allocateSince(1, 30);
    corrupt(2);
    leaveOrphanedLock();
  });

  const recovered = { recovered: 1, isolated: 0, locks: 1, errors: [] };

  test("by default spares allocations, and gives the guide's five results", async () => {
    expect(countsOf(await manager.autoRecover())).toEqual({ ...recovered, released: 0 });
    expect((await manager.getSlotStatus(pool.slotId(1))).state).toBe(SlotState.ALLOCATED);
  });

  test("ends forgotten allocations if it is told to", async () => {
    const report = await manager.autoRecover({
      maxAllocationHours: 24,
      recoverCorrupted: true,
      cleanupOrphanedLocks: true,
      forceReleaseLongAllocated: true,
    });
    expect(countsOf(report)).toEqual({ ...recovered, released: 1 });
  });

  test.each([
    { strategy: "conservative", released: 0 },
    { strategy: "aggressive", released: 1 },
    { strategy: "maintenance", released: 0 },
  ] as const)("with the strategy $strategy releases $released", async ({ strategy, released }) => {
    expect(countsOf(await manager.autoRecover({ strategy }))).toEqual({ ...recovered, released });
  });

  test("leaves alone what it is told to leave alone", async () => {
    const report = await manager.autoRecover({ recoverCorrupted: false, cleanupOrphanedLocks: false });
    expect(countsOf(report)).toEqual({ released: 0, recovered: 0, isolated: 0, locks: 0, errors: [] });
    expect(await manager.detectCorruptedSlots()).toHaveLength(1);
  });

  test("plans and changes nothing in a dry run", async () => {
    const report = await manager.autoRecover({ dryRun: true, deep: true, pool: "demo" });
    expect(report.actions.length).toBeGreaterThan(0);
    expect(report.actions.every(({ outcome }) => outcome === "planned")).toBe(true);
    expect(await manager.detectCorruptedSlots()).toHaveLength(1);
  });

  test("in stages leaves the second stage nothing but allocations", async () => {
    await manager.autoRecover({
      recoverCorrupted: true,
      cleanupOrphanedLocks: true,
      forceReleaseLongAllocated: false,
    });
    const { longAllocatedSlots, corruptedSlots, orphanedLocks } = await manager.detectAnomalies();
    expect([corruptedSlots, orphanedLocks]).toEqual([[], []]);
    expect(longAllocatedSlots).toHaveLength(1);
  });
});

describe("the guide's health check", () => {
  test("is true for a healthy pool, and repairs a broken one where it may", async () => {
    expect(await manager.healthCheck()).toBe(true);
    corrupt(1);
    expect(await manager.healthCheck()).toBe(false);
    expect(await manager.healthCheck({ recover: {} })).toBe(false);
    expect(await manager.healthCheck()).toBe(true);
  });
});

describe("the lock manager", () => {
  test("finds and moves stale locks", async () => {
    const path = leaveOrphanedLock();
    expect(await manager.lockManager.detectStaleLocks({ maxAgeHours: 24 })).toHaveLength(1);
    expect(await manager.lockManager.detectStaleLocks({ maxAgeHours: 48 })).toEqual([]);
    expect(await manager.lockManager.cleanupStaleLocks({ maxAgeHours: 24 })).toBe(1);
    expect(existsSync(path)).toBe(false);
  });

  test("tells a held lock, and does not break it", async () => {
    const lock = tryAcquireSlotLock(pool.lockPath(1));
    if (lock.kind !== "held") throw new Error(lock.detail);
    try {
      expect(await manager.lockManager.isLocked(pool.slotId(1))).toBe(true);
      expect((await manager.lockManager.forceUnlock(pool.slotId(1))).kind).toBe("refused");
    } finally {
      lock.release();
    }
    expect(await manager.lockManager.isLocked(pool.slotId(1))).toBe(false);
    expect((await manager.lockManager.forceUnlock(pool.slotId(1))).kind).toBe("not_locked");
  });
});

describe("the pool itself", () => {
  test("is created, lent, taken back, grown and shrunk", async () => {
    await manager.createPool("second", { repoUrl: pool.url, numSlots: 1 });
    expect((await manager.listPools()).map(({ repoName }) => repoName)).toEqual(["demo", "second"]);
    const lent = await manager.allocateSlot("second", { metadata: { agent: "a1" } });
    expect(lent).toMatchObject({ state: SlotState.ALLOCATED, metadata: { agent: "a1" } });
    expect(await manager.allocateSlot("second")).toBeUndefined();
    expect((await manager.releaseSlot("workspace-second-slot1")).state).toBe(SlotState.AVAILABLE);
    expect((await manager.addSlot("second")).slotId).toBe("workspace-second-slot2");
    await manager.removeSlot("workspace-second-slot1", { force: true });
    expect((await manager.getPool("second")).slots.map(({ number }) => number)).toEqual([2]);
    expect(await manager.getPoolSummary()).toHaveProperty("second");
  });

  test("replaces a slot that cannot be recovered by remove and add, as the guide advises", async () => {
    await manager.removeSlot(pool.slotId(1), { force: true });
    expect((await manager.addSlot("demo")).slotId).toBe(pool.slotId(1));
    expect((await manager.detectAnomalies()).corruptedSlots).toEqual([]);
  });
});

describe("settings", () => {
  test("come from the pool manager's own pools.yaml too", async () => {
    const file = join(pool.root, "pools.yaml");
    writeFileSync(
      file,
      `defaults: {stale_lock_hours: 5}\npools: {own: {repo_url: "${pool.url}", num_slots: 1}}\n`,
    );
    const config = await PoolConfig.loadFromFile(file);
    expect(config.detection.staleLockHours).toBe(5);
    const own = new PoolManager({
      config: { ...config, workspacesDir: pool.workspacesDir, stateDir: pool.stateDir },
    });
    expect((await own.createPool("own")).slots).toHaveLength(1);
  });

  test("are read again by reload", async () => {
    leaveOrphanedLock();
    expect(await manager.detectOrphanedLocks()).toHaveLength(1);
    writeFileSync(
      configFile,
      `workspaces_dir: ${pool.workspacesDir}\nstate_dir: ${pool.stateDir}\ndetection: {stale_lock_hours: 48}\n`,
    );
    await manager.reload();
    expect(await manager.detectOrphanedLocks()).toEqual([]);
  });
});
