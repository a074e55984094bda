import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { tryAcquireSlotLock } from "../../src/pool/locks/slot-lock.ts";
import { managerOf } from "../kit/manager-of.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { sampleLayouts } from "../kit/sample.ts";

let pool: RealPool;
let manager: PoolManager;

beforeEach(() => {
  pool = new RealPool(1);
  const defaults = createDefaultConfig(pool.root);
  const recovery = { ...defaults.recovery, lockTimeoutSeconds: 0.2 };
  manager = new PoolManager({
    config: { ...defaults, recovery, workspacesDir: pool.workspacesDir, stateDir: pool.stateDir },
  });
});

afterEach(() => {
  pool.destroy();
});

function poolDirectory(name: string): string {
  return join(pool.workspacesDir, name);
}

function readJson(...parts: string[]): Record<string, unknown> {
  return JSON.parse(readFileSync(join(...parts), "utf8")) as Record<string, unknown>;
}

describe.each(sampleLayouts("lifecycles of pools"))("a pool of the layout %s", (layout) => {
  test("is created whole, is found healthy, and lends a slot in which an agent can work", async () => {
    const created = await manager.createPool("fresh", { repoUrl: pool.url, numSlots: 2, layout });
    expect(created).toMatchObject({ layout, repoUrl: pool.url });
    expect(created.slots.map(({ slotId, state }) => [slotId, state])).toEqual([
      ["workspace-fresh-slot1", "available"],
      ["workspace-fresh-slot2", "available"],
    ]);
    expect(await manager.detectAnomalies()).toEqual({
      longAllocatedSlots: [],
      corruptedSlots: [],
      orphanedLocks: [],
    });
    expect(readdirSync(join(pool.stateDir, "staging"))).toEqual([]);
    const slot = await manager.allocateSlot("fresh");
    const path = slot?.path ?? "";
    expect(git(path, "status", "--porcelain").replace("?? slot.json", "")).toBe("");
    writeFileSync(join(path, "work.txt"), "work\n");
    git(path, "add", "work.txt");
    git(path, "commit", "-q", "-m", "work");
    git(path, "fetch", "-q", "origin");
    expect(git(path, "rev-list", "--count", "HEAD", "--not", "--remotes")).toBe("1");
    expect((await manager.releaseSlot(slot?.slotId ?? "")).state).toBe("available");
    expect(git(path, "fsck", "--full")).toBe("");
  });

  test("grows and shrinks by one slot at a time, and pool.json counts along", async () => {
    await manager.createPool("fresh", { repoUrl: pool.url, numSlots: 2, layout });
    const added = await manager.addSlot("fresh");
    expect(added).toMatchObject({ slotId: "workspace-fresh-slot3", state: "available" });
    expect(readJson(poolDirectory("fresh"), "pool.json")["num_slots"]).toBe(3);
    expect(git(added.path, "log", "--format=%s")).toBe("first");
    writeFileSync(join(added.path, "work.txt"), "unsaved work\n");
    const removed = await manager.removeSlot(added.slotId);
    expect(existsSync(added.path)).toBe(false);
    expect(existsSync(added.recordPath)).toBe(false);
    expect(readJson(poolDirectory("fresh"), "pool.json")["num_slots"]).toBe(2);
    expect(removed.salvageId).toBeDefined();
    expect(removed.movedTo.some((path) => existsSync(join(path, "work.txt")))).toBe(true);
    const again = await manager.addSlot("fresh");
    expect(again.slotId).toBe(added.slotId);
    expect(await manager.detectCorruptedSlots()).toEqual([]);
  });
});

test("a removal that was killed once the work tree was away is ended by the next, registration included", async () => {
  await manager.createPool("fresh", { repoUrl: pool.url, numSlots: 2, layout: "worktree" });
  renameSync(join(poolDirectory("fresh"), "worktrees", "slot2"), join(pool.root, "away"));
  await manager.removeSlot("workspace-fresh-slot2");
  expect(readdirSync(join(poolDirectory("fresh"), ".main_repo", "worktrees"))).toEqual(["slot1"]);
  expect(readJson(poolDirectory("fresh"), "pool.json")["num_slots"]).toBe(1);
  expect(await manager.detectCorruptedSlots()).toEqual([]);
});

test("no slot of a created pool shares a file with another", async () => {
  const created = await manager.createPool("fresh", { repoUrl: pool.url, numSlots: 2 });
  const files = created.slots.flatMap(({ path }) =>
    readdirSync(join(path, ".git", "objects"), { recursive: true, encoding: "utf8" })
      .map((name) => statSync(join(path, ".git", "objects", name)))
      .filter((stats) => stats.isFile()),
  );
  expect(files.length).toBeGreaterThan(1);
  expect(files.every((stats) => stats.nlink === 1)).toBe(true);
});

test("a pool that exists, in whatever form, is not created again", async () => {
  await expect(manager.createPool("demo", { repoUrl: pool.url })).rejects.toMatchObject({
    code: "POOL_EXISTS",
  });
  writeFileSync(poolDirectory("taken"), "");
  await expect(manager.createPool("taken", { repoUrl: pool.url })).rejects.toMatchObject({
    code: "POOL_EXISTS",
  });
});

test.each(["--upload-pack=touch canary", "ext::sh -c 'touch canary'", "https://host/a\nb", "file://x y"])(
  "a URL like %j is never given to git",
  async (repoUrl) => {
    await expect(manager.createPool("fresh", { repoUrl })).rejects.toMatchObject({ code: "REPO_URL_UNSAFE" });
  },
);

test("a relative path is refused with the forms that git may be given", async () => {
  await expect(manager.createPool("fresh", { repoUrl: "./source" })).rejects.toThrow(
    /expected .* an absolute path/,
  );
  await expect(manager.createPool("a/b", { repoUrl: pool.url })).rejects.toThrow(
    /expected a directory's name/,
  );
});

test.each(["../outside", "-option", ".hidden", "locks", ""])("%j names no pool", async (name) => {
  await expect(manager.createPool(name, { repoUrl: pool.url })).rejects.toMatchObject({
    code: "POOL_NAME_INVALID",
  });
});

test("a pool whose repository is gone is not created in part", async () => {
  const repoUrl = `file://${pool.root}/gone.git`;
  await expect(manager.createPool("fresh", { repoUrl })).rejects.toMatchObject({ code: "CLONE_FAILED" });
  expect(existsSync(poolDirectory("fresh"))).toBe(false);
  expect(readdirSync(join(pool.stateDir, "staging"))).toEqual([]);
});

test("an allocated slot is removed only by force, and one whose lock is held never", async () => {
  await manager.allocateSlot("demo");
  await expect(manager.removeSlot(pool.slotId(1))).rejects.toMatchObject({ code: "ALLOCATED" });
  const lock = tryAcquireSlotLock(pool.lockPath(1));
  await expect(manager.removeSlot(pool.slotId(1), { force: true })).rejects.toMatchObject({
    code: "LOCK_HELD",
  });
  if (lock.kind === "held") lock.release();
  await manager.removeSlot(pool.slotId(1), { force: true });
  expect(await manager.getPoolSummary()).toMatchObject({ demo: { numSlots: 0, totalSlots: 0 } });
});

test("a slot by which a work tree outside of it lives, or another slot, is not removed, by force either", async () => {
  const outside = join(pool.root, "outside");
  git(pool.slotPath(1), "worktree", "add", "-q", "-b", "side", outside);
  const remove = (): Promise<unknown> => manager.removeSlot(pool.slotId(1), { force: true });
  await expect(remove()).rejects.toMatchObject({ code: "NEEDED_ELSEWHERE" });
  expect(git(outside, "rev-parse", "--abbrev-ref", "HEAD")).toBe("side");
  git(pool.slotPath(1), "worktree", "remove", outside);

  const { path } = await manager.addSlot("demo");
  const alternates = join(path, ".git", "objects", "info", "alternates");
  writeFileSync(alternates, `${pool.slotPath(1)}/.git/objects\n`);
  await expect(remove()).rejects.toMatchObject({ code: "NEEDED_ELSEWHERE" });
  rmSync(alternates);
  await remove();
  expect(existsSync(pool.slotPath(1))).toBe(false);
});

test("slots that two commands add at once get different numbers, and both are counted", async () => {
  const second = new PoolManager({
    config: { ...createDefaultConfig(pool.root), workspacesDir: pool.workspacesDir, stateDir: pool.stateDir },
  });
  const third = new PoolManager({
    config: { ...createDefaultConfig(pool.root), workspacesDir: pool.workspacesDir, stateDir: pool.stateDir },
  });
  const added = await Promise.all([second.addSlot("demo"), third.addSlot("demo")]);
  expect(new Set(added.map(({ number }) => number)).size).toBe(2);
  expect(await manager.getPoolSummary()).toMatchObject({ demo: { numSlots: 3, totalSlots: 3 } });
});

test("of two commands that remove one slot at once, the later says that there is none", async () => {
  const patient = managerOf(pool);
  const remove = (): Promise<unknown> => patient.removeSlot(pool.slotId(1));
  const ends = await Promise.allSettled([remove(), remove()]);
  expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(ends).toContainEqual({
    status: "rejected",
    reason: expect.objectContaining({ code: "SLOT_UNKNOWN" }),
  });
  expect(await manager.getPoolSummary()).toMatchObject({ demo: { numSlots: 0, totalSlots: 0 } });
});
