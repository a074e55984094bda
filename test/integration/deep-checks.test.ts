import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Snapshot } from "../../src/anomalies/snapshot.ts";
import { DeepCheckScheduler } from "../../src/serve/deep-checks/deep-check-scheduler.ts";
import { PoolWatch } from "../../src/serve/watch/pool-watch.ts";
import { readWatchState } from "../../src/serve/watch/watch-state.ts";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import { withGitScope } from "../../src/git/run/git-scope.ts";
import { checkDeep } from "../../src/inspection/deep/deep-check.ts";
import { systemClock, type Clock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { createPoolServices } from "../../src/pool-services.ts";
import { flipMiddle } from "../kit/damage.ts";
import { SlotPlace } from "../kit/slot-place.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { sampleLayouts } from "../kit/sample.ts";

let real: RealPool;

afterEach(() => {
  real.destroy();
});

/** The watching half of `serve`, without its schedules. */
function startWatching(options: { clock?: Clock; stateDir?: string; budgetRatio?: number } = {}) {
  const { clock = systemClock, stateDir = real.stateDir, budgetRatio = 1 } = options;
  const config = { ...createDefaultConfig(real.root), workspacesDir: real.workspacesDir, stateDir };
  const { snapshots } = createPoolServices(config, { clock });
  const logger = silentLogger;
  const watch = new PoolWatch({ stateDir, logger, clock, fullProbePeriodSeconds: () => 3600 });
  const metrics = new Metrics({
    version: "0",
    collectionIntervalSeconds: 30,
    perSlot: true,
    maxSlotSeries: 1000,
  });
  const rotation = new DeepCheckScheduler({
    ...{ clock, logger, metrics, watch },
    settings: () => ({ ...config.verification, budgetRatio }),
  });
  const collect = async (): Promise<Snapshot> => {
    const snapshot = await watch.look(snapshots);
    await watch.remember();
    return snapshot;
  };
  return { rotation, metrics, watch, collect };
}

/** Nothing that a signature or a probe would see: an old version of a file, one bit of it. */
function breakOldBlob(): { path: string; whole: Buffer } {
  const slot = new SlotPlace(real, 1);
  writeFileSync(join(real.slotPath(1), "file.txt"), "another content\n");
  git(real.slotPath(1), "commit", "-q", "-a", "-m", "second");
  slot.unpackAll();
  const path = slot.objectPath(git(real.slotPath(1), "rev-parse", "HEAD~1:file.txt"));
  const whole = readFileSync(path);
  chmodSync(path, 0o644);
  flipMiddle(path);
  return { path, whole };
}

describe.each(sampleLayouts("deep checks"))("the deep rotation of a %s pool", (layout) => {
  test("finds a flipped bit in an old blob that no probe reads, keeps naming it, and sees its repair", async () => {
    real = new RealPool(2, layout);
    const { path, whole } = breakOldBlob();
    const { rotation, collect, watch } = startWatching();
    expect((await collect()).anomalies.corruptedSlots).toEqual([]);
    await rotation.run();
    await rotation.run();
    const faulty = (await collect()).anomalies.corruptedSlots;
    expect(faulty.map(({ slotId }) => slotId)).toContain(real.slotId(1));
    expect(rotation.hasChangedFaults()).toBe(false);
    expect((await collect()).anomalies.corruptedSlots).toHaveLength(faulty.length);
    writeFileSync(`${path}.new`, whole);
    renameSync(`${path}.new`, path);
    await collect();
    expect(rotation.hasChangedFaults()).toBe(true);
    await rotation.run();
    expect((await collect()).anomalies.corruptedSlots).toEqual([]);
    expect(watch.slotStates.deep(real.slotId(1))?.verifiedAt.full).toBeInstanceOf(Date);
  });

  test("on request looks for unsaved work, and not at each file for a size that nobody asks for", async () => {
    real = new RealPool(2, layout);
    writeFileSync(join(real.slotPath(1), "new.txt"), "work\n");
    const config = { ...createDefaultConfig(real.root), workspacesDir: real.workspacesDir };
    const { snapshots } = createPoolServices(config, { clock: systemClock });
    const [first, second] = (await snapshots.take({ deep: true })).pools[0]?.slots ?? [];
    expect(first).toMatchObject({ unsavedWork: ["untracked"], diskBytes: undefined });
    expect(second).toMatchObject({ unsavedWork: [], diskBytes: undefined });
  });

  test("shows when each slot was verified, its unsaved work and its size, also after a restart", async () => {
    real = new RealPool(2, layout);
    writeFileSync(join(real.slotPath(1), "new.txt"), "work\n");
    const before = startWatching();
    await before.collect();
    await before.rotation.run();
    await before.rotation.run();
    for (const { metrics, collect } of [before, startWatching()]) {
      const snapshot = await collect();
      const [first, second] = snapshot.pools[0]?.slots ?? [];
      expect(first?.unsavedWork).toEqual(["untracked"]);
      expect(second?.unsavedWork).toEqual([]);
      expect(first?.diskBytes).toBeGreaterThan(1000);
      expect(first?.verifiedAt.full).toBeInstanceOf(Date);
      metrics.update(snapshot);
      await metrics.settled();
      const text = (await metrics.render({})).body.toString();
      for (const name of ["slot_verified_timestamp_seconds", "slot_unsaved_work", "slot_disk_bytes"])
        expect(text).toContain(`repo_pool_${name}{`);
    }
    writeFileSync(join(real.slotPath(2), "since.txt"), "work\n");
    const [, second] = (await before.collect()).pools[0]?.slots ?? [];
    expect(second?.unsavedWork).toEqual(["unknown"]);
    expect(second?.unsavedWorkSeenAt?.getTime()).toBeLessThan(Date.now());
  });
});

test("an fsck that the system ends proves nothing of the slot", async () => {
  real = new RealPool(1);
  const { gitDirectory, commonDirectory } = new SlotPlace(real, 1);
  const scope = {
    inheritedDescriptors: [],
    recoveryId: "a-run",
    onStarted: (processGroup: number): void => {
      process.kill(-processGroup, "SIGKILL");
    },
  };
  const options = { depth: "full", timeoutSeconds: 60 } as const;
  const check = await withGitScope(scope, () => checkDeep({ gitDirectory, commonDirectory }, options));
  // It may have ended before the signal came.
  expect([
    { kind: "unchecked", detail: "git was ended by SIGKILL" },
    { kind: "checked", findings: [] },
  ]).toContainEqual(check);
});

describe("the deep rotation", () => {
  test("stops when its share of time is used up, and goes on when it has earned more", async () => {
    real = new RealPool(3);
    let now = new Date();
    const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };
    const { watch, metrics, collect } = startWatching({ clock });
    await collect();
    const checked: string[] = [];
    const rotation = new DeepCheckScheduler({
      ...{ clock, logger: silentLogger, metrics, watch },
      readSeconds: () => now.getTime() / 1000,
      settings: () => ({ ...createDefaultConfig("/").verification, budgetRatio: 0.05 }),
      inspect: (group) => {
        // Each store takes a minute, of a share of three seconds a minute.
        now = new Date(now.getTime() + 60_000);
        const [slotId = ""] = group.members.map(({ slot }) => slot.slotId);
        checked.push(slotId);
        const check = { kind: "checked" as const, findings: [] };
        const seen = { unsavedWork: [], diskBytes: 1, worktreeChangedAt: undefined };
        return Promise.resolve([{ slotId, check, ...seen }]);
      },
    });
    await rotation.run();
    expect(checked).toHaveLength(1);
    now = new Date(now.getTime() + 5 * 60_000);
    await rotation.run();
    expect(checked).toHaveLength(1);
    now = new Date(now.getTime() + 20 * 60_000);
    await rotation.run();
    expect(checked.length).toBeGreaterThan(1);
  });

  test("works in memory alone where the state directory cannot be made", async () => {
    real = new RealPool(1);
    writeFileSync(join(real.root, "in-the-way"), "");
    const { rotation, collect } = startWatching({ stateDir: join(real.root, "in-the-way", "state") });
    await collect();
    await rotation.run();
    const [slot] = (await collect()).pools[0]?.slots ?? [];
    expect(slot?.verifiedAt.connectivity).toBeInstanceOf(Date);
  });

  test("forgets a slot that its pool has given up", async () => {
    real = new RealPool(2);
    const { rotation, collect } = startWatching();
    await collect();
    await rotation.run();
    rmSync(join(real.directory, "slot2"), { recursive: true });
    const path = join(real.directory, "pool.json");
    const record = JSON.parse(readFileSync(path, "utf8")) as object;
    writeFileSync(path, JSON.stringify({ ...record, num_slots: 1 }));
    // What is remembered of the slot goes with the first look, the slot itself with the next.
    await collect();
    await collect();
    expect([...readWatchState(real.stateDir).keys()]).toEqual([real.slotId(1)]);
  });

  test("refuses what a newer version has kept", () => {
    real = new RealPool(1);
    mkdirSync(real.stateDir, { recursive: true });
    writeFileSync(join(real.stateDir, "state.json"), JSON.stringify({ schema_version: 2, slots: {} }));
    expect(() => startWatching()).toThrow(/state\.json .* is of version 2/);
  });
});
