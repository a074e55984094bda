import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { defaultThresholds } from "../kit/default-thresholds.ts";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { KnownGoodStore } from "../../src/inspection/memory/known-good.ts";
import { slotLockPath, tryAcquireSlotLock } from "../../src/pool/locks/slot-lock.ts";
import { systemClock as clock } from "../../src/platform/clock.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { rebuildMainRepository } from "../../src/recovery/steps/rebuild-main-repository.ts";
import { assessSlot } from "../../src/recovery/execute/assess-slot.ts";
import type { ActionResult } from "../../src/recovery/execute/recovery-context.ts";
import { defaultRecoveryOptions } from "../../src/recovery/plan/recovery-options.ts";
import { flipMiddle, overwrite } from "../kit/damage.ts";
import { SlotPlace } from "../kit/slot-place.ts";
import { git } from "../kit/real-pool.ts";
import { rememberPool } from "../kit/remember-pool.ts";
import { fingerprint, PoolTemplate, readableMarkers } from "../kit/working-slot.ts";

const template = new PoolTemplate("worktree");
const { pool } = template;
const numbers = [1, 2, 3];

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

function workTrees(): Record<string, string> {
  return fingerprint(...numbers.map((number) => pool.slotPath(number)));
}

function refsOf(): string {
  return git(pool.mainRepository, "for-each-ref", "--format=%(objectname) %(refname)");
}

/** The action by itself, as a plan has it for slot 2. */
async function rebuild(): Promise<ActionResult> {
  const { workspacesDir, stateDir } = pool;
  const limits = { deepTimeoutSeconds: 60, heartbeatMaxAgeSeconds: 600 };
  const settings = { workspacesDir, stateDir, clock, timeZone: "UTC", ...limits };
  const name = { slotId: pool.slotId(2), repoName: "demo" };
  const thresholds = defaultThresholds;
  const look = await assessSlot(name, { inspection: settings, thresholds, isDeep: false });
  if (look === undefined) throw new Error("the pool has no slot 2");
  return rebuildMainRepository({
    ...{ ...settings, thresholds, pool: look.pool, slot: look.inspection.slot, inspection: look.inspection },
    ...{
      reasons: look.reasons,
      salvage: { exclude: [], whole: false, minFreeRatio: 0 },
      knownGood: new KnownGoodStore(pool.stateDir),
      stamp: "test-stamp",
      trigger: "command",
      options: defaultRecoveryOptions,
      note: () => undefined,
      hasReplacedWork: false,
      refuseTaken: () => undefined,
      isProven: false,
      releaseSlot: () => Promise.reject(new Error("a new clone releases nothing")),
    },
  });
}

function quarantined(): string {
  const folder = join(pool.stateDir, "quarantine");
  const [name] = readdirSync(folder);
  return join(folder, name ?? "", ".main_repo");
}

test("a main repository that is gone isolates no slot and is not cloned without approval", async () => {
  rmSync(pool.mainRepository, { recursive: true });
  const before = workTrees();
  const report = await managerOfPool().autoRecover();
  expect(report).toMatchObject({ corruptedRecovered: 0, corruptedIsolated: 0 });
  const ends = report.actions.filter(({ action }) => action === "reclone");
  expect(ends.map(({ outcome, reason }) => `${outcome} ${reason}`)).toEqual(
    Array(3).fill("refused approval"),
  );
  expect(workTrees()).toEqual(before);
  expect(existsSync(pool.mainRepository)).toBe(false);
});

test("refs of one slot that only a new work tree repairs leave the main repository as it is, without approval", async () => {
  const { gitDirectory } = new SlotPlace(pool, 2);
  const own = join(gitDirectory, "refs", "worktree");
  overwrite(join(own, "one"), "ref: refs/worktree/two\n");
  overwrite(join(own, "two"), "ref: refs/worktree/one\n");
  const before = statSync(pool.mainRepository).ino;
  const report = await managerOfPool().autoRecover();
  const told = JSON.stringify(report.actions);
  expect(report, told).toMatchObject({ corruptedRecovered: 1, corruptedIsolated: 0, errors: [] });
  expect(told).toContain('"reclone"');
  expect(statSync(pool.mainRepository).ino).toBe(before);
  expect((await managerOfPool().snapshot({ deep: true })).anomalies.corruptedSlots).toEqual([]);
});

test("a slot that could not be repaired is sound once another slot's repair mended what both share", async () => {
  const slot = new SlotPlace(pool, 2);
  slot.packAll();
  flipMiddle(slot.pack());
  const busy = join(pool.slotPath(1), "busy.txt");
  const writer = setInterval(() => {
    writeFileSync(busy, String(process.hrtime.bigint()));
  }, 1);
  const report = await managerOfPool().autoRecover({ deep: true });
  clearInterval(writer);
  const told = JSON.stringify(report.actions);
  const [first] = report.actions.filter(({ reason }) => reason === "salvage_incomplete");
  expect(first?.slotId, told).toBe(pool.slotId(1));
  expect(report, told).toMatchObject({ corruptedIsolated: 0, errors: [] });
  expect((await managerOfPool().snapshot({ deep: true })).anomalies.corruptedSlots).toEqual([]);
});

test("a slot without its work tree comes after those that can mend what all share", async () => {
  const slot = new SlotPlace(pool, 1);
  slot.packAll();
  const pack = readFileSync(slot.pack());
  overwrite(slot.pack(), Buffer.concat([pack.subarray(0, -1), Buffer.of(pack.at(-1)! ^ 1)]));
  rmSync(slot.path, { recursive: true });
  const report = await managerOfPool().autoRecover({ deep: true, allowPoolRebuild: false });
  expect(report.errors).toEqual([]);
  expect(report.actions.filter(({ outcome }) => outcome === "refused")).toMatchObject(
    report.actions.filter(({ reason }) => reason === "fault_gone"),
  );
  for (const number of numbers) git(pool.slotPath(number), "fsck");
});

test("an allocated slot without its work tree comes after those that bring its commit back", async () => {
  const slot = new SlotPlace(pool, 1);
  overwrite(slot.objectPath(slot.run("rev-parse", "HEAD")), Buffer.from("garbage"));
  pool.writeRecord(1, { state: "allocated", last_allocated_at: new Date().toISOString().slice(0, 19) });
  rmSync(slot.path, { recursive: true });
  const { actions } = await managerOfPool().autoRecover({ deep: true });
  expect(actions.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  git(pool.slotPath(1), "status");
});

test("with approval a main repository that is gone is cloned once, and every slot works on in its files", async () => {
  git(pool.mainRepository, "config", "core.sharedRepository", "group");
  await rememberPool(pool);
  rmSync(pool.mainRepository, { recursive: true });
  const files = readFileSync(join(pool.slotPath(2), "untracked.txt"), "utf8");
  const manager = managerOfPool();
  const report = await manager.autoRecover({ allowPoolRebuild: true });
  expect(report, JSON.stringify(report.actions)).toMatchObject({ corruptedRecovered: 3, errors: [] });
  expect(report.actions.filter(({ action }) => action === "reclone")).toHaveLength(1);
  expect(readFileSync(join(pool.slotPath(2), "untracked.txt"), "utf8")).toBe(files);
  expect((statSync(join(pool.mainRepository, "objects")).mode & 0o7777).toString(8)).toBe("2775");
  for (const number of numbers)
    expect(git(pool.slotPath(number), "symbolic-ref", "HEAD")).toBe(`refs/heads/worktree/demo/slot${number}`);
  expect(git(pool.slotPath(1), "status", "--porcelain")).toBe("");
  expect((await manager.snapshot({ deep: true })).anomalies.corruptedSlots).toEqual([]);
});

test("a new main repository has every branch, stash, work tree and unpushed commit of the old one", async () => {
  const [refs, stashes, before] = [refsOf(), git(pool.slotPath(2), "stash", "list"), workTrees()];
  const index = git(pool.slotPath(2), "ls-files", "--stage");
  const status = git(pool.slotPath(2), "status", "--porcelain");
  const result = await rebuild();
  expect(result, result.detail).toMatchObject({ outcome: "done" });
  expect(refsOf()).toBe(refs);
  expect(git(pool.slotPath(2), "stash", "list")).toBe(stashes);
  expect(git(pool.slotPath(2), "ls-files", "--stage")).toBe(index);
  expect(git(pool.slotPath(2), "status", "--porcelain")).toBe(status);
  expect(workTrees()).toEqual(before);
  git(pool.mainRepository, "fsck", "--full");
  expect(existsSync(join(quarantined(), "objects"))).toBe(true);
});

test("what a damaged pack still holds comes along, and a lost branch goes back to what is whole", async () => {
  const slot = new SlotPlace(pool, 2);
  slot.packAll();
  flipMiddle(slot.pack());
  const readable = readableMarkers(pool.directory);
  const result = await rebuild();
  expect(result, result.detail).toMatchObject({ outcome: "done" });
  const left = readableMarkers(pool.directory, pool.stateDir);
  expect([...readable].filter((marker) => !left.has(marker))).toEqual([]);
  git(pool.mainRepository, "fsck", "--full", "--no-dangling");
  for (const number of numbers) git(pool.slotPath(number), "rev-parse", "--verify", "HEAD^{tree}");
});

test("a main repository is not replaced while another slot's lock is held", async () => {
  const before = fingerprint(pool.mainRepository);
  const lock = tryAcquireSlotLock(slotLockPath(pool.workspacesDir, pool.slotId(3)));
  try {
    expect(await rebuild()).toMatchObject({ outcome: "refused", reason: "lock_held" });
  } finally {
    if (lock.kind !== "busy") lock.release();
  }
  expect(fingerprint(pool.mainRepository)).toEqual(before);
});

test("another repository behind the URL does not become the pool's", async () => {
  const before = fingerprint(pool.mainRepository);
  const other = join(pool.root, "other");
  mkdirSync(other);
  git(other, "init", "-q", "-b", "main");
  writeFileSync(join(other, "other.txt"), "other\n");
  git(other, "add", ".");
  git(other, "commit", "-q", "-m", "other");
  rmSync(pool.origin, { recursive: true });
  git(pool.root, "clone", "-q", "--bare", other, pool.origin);
  const result = await rebuild();
  expect(result.outcome).toBe("failed");
  expect(result.detail).toContain("another repository");
  expect(fingerprint(pool.mainRepository)).toEqual(before);
  expect(readdirSync(join(pool.stateDir, "staging"))).toEqual([]);
});

test("a remote that cannot be reached leaves the old main repository in its place", async () => {
  const before = fingerprint(pool.mainRepository);
  renameSync(pool.origin, `${pool.origin}.away`);
  expect(await rebuild()).toMatchObject({ outcome: "failed" });
  expect(fingerprint(pool.mainRepository)).toEqual(before);
});
