import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PoolWatch } from "../../src/serve/watch/pool-watch.ts";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { KnownGoodStore } from "../../src/inspection/memory/known-good.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import type { SnapshotService } from "../../src/anomalies/snapshot-service.ts";
import { createPoolServices } from "../../src/pool-services.ts";
import { SlotPlace } from "../kit/slot-place.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { sampleLayouts } from "../kit/sample.ts";

const slotCount = 8;
let real: RealPool;
let snapshots: SnapshotService;
let watch: PoolWatch;
let now: Date;
/** Stands still unless a test moves it: two looks at the same instant are told apart by their counts. */
const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };

afterEach(() => {
  real.destroy();
});

function open(layout: "clone" | "worktree"): void {
  real = new RealPool(slotCount, layout);
  now = new Date();
  const config = {
    ...createDefaultConfig(real.root),
    workspacesDir: real.workspacesDir,
    stateDir: real.stateDir,
  };
  snapshots = createPoolServices(config, { clock }).snapshots;
  const { fullProbePeriodSeconds } = config.detection;
  watch = new PoolWatch({
    stateDir: real.stateDir,
    logger: silentLogger,
    clock,
    fullProbePeriodSeconds: () => fullProbePeriodSeconds,
  });
}

/** How many slots a collection found unchanged, and how many it read. */
async function collect() {
  const snapshot = await watch.look(snapshots);
  await watch.remember();
  const countOf = (depth: "signature" | "probe"): number => snapshot.verifications?.get(depth) ?? 0;
  return { snapshot, unchanged: countOf("signature"), read: countOf("probe") };
}

/** A change within the resolution of time stamps is never trusted: waits until the files are older than that. */
async function settle(): Promise<void> {
  await expect.poll(async () => (await collect()).read, { timeout: 30_000, interval: 250 }).toBe(0);
}

/** Of a slot by its number. */
function ownFiles(layout: "clone" | "worktree"): ((number: number) => string)[] {
  const ofGit = ["HEAD", "index"].map(
    (name) => (number: number) => join(new SlotPlace(real, number).gitDirectory, name),
  );
  const gitfile = layout === "worktree" ? [(number: number) => join(real.slotPath(number), ".git")] : [];
  return [...ofGit, ...gitfile, (number: number) => real.recordPath(number)];
}

/** The same bytes, and the old time of modification put back: as little as a write can show. */
function rewriteInPlace(file: string): void {
  const { atime, mtime } = statSync(file);
  writeFileSync(file, readFileSync(file));
  utimesSync(file, atime, mtime);
}

function replace(file: string): void {
  writeFileSync(`${file}.new`, readFileSync(file));
  renameSync(`${file}.new`, file);
}

describe.each(sampleLayouts("collections"))("collections of a %s pool", (layout) => {
  beforeEach(() => {
    open(layout);
  });

  test("read a quiet slot once, and again after the full probe period", async () => {
    expect(await collect()).toMatchObject({ unchanged: 0, read: slotCount });
    await settle();
    expect(await collect()).toMatchObject({ unchanged: slotCount, read: 0 });
    now = new Date(now.getTime() + 3600_000);
    expect(await collect()).toMatchObject({ unchanged: 0, read: slotCount });
    expect(await collect()).toMatchObject({ unchanged: slotCount, read: 0 });
  });

  test("see every write of an editor to a slot's own files, and to files that slots share", async () => {
    const files = ownFiles(layout);
    for (const write of [rewriteInPlace, replace]) {
      await settle();
      for (const [index, file] of files.entries()) write(file(index + 1));
      expect(await collect()).toMatchObject({ read: files.length, unchanged: slotCount - files.length });
    }
    for (const name of ["config", "packed-refs"]) {
      await settle();
      const { commonDirectory } = new SlotPlace(real, slotCount);
      const file = join(commonDirectory, name);
      if (!existsSync(file)) continue;
      rewriteInPlace(file);
      expect(await collect(), file).toMatchObject({ read: layout === "clone" ? 1 : slotCount });
    }
  });

  test("see what every kind of git command wrote", async () => {
    const commands = [
      ["add", "-A"],
      ["commit", "-q", "-m", "work", "--allow-empty"],
      ["switch", "-q", "-c", "topic"],
      ["checkout", "-q", "--detach"],
      ["gc", "-q"],
      ["pack-refs", "--all"],
      ["config", "user.name", "somebody"],
      ["tag", "v1"],
    ];
    expect(commands).toHaveLength(slotCount);
    for (let number = 1; number <= slotCount; number++)
      appendFileSync(join(real.slotPath(number), "file.txt"), "more\n");
    await settle();
    for (const [index, command] of commands.entries()) git(real.slotPath(index + 1), ...command);
    expect(await collect()).toMatchObject({ read: slotCount });
  });

  test("name a fault at the next collection, since when, and when it has ended", async () => {
    await settle();
    const head = join(new SlotPlace(real, 1).gitDirectory, "HEAD");
    const whole = readFileSync(head);
    writeFileSync(head, "");
    const first = await collect();
    expect(first.snapshot.anomalies.corruptedSlots).toMatchObject([{ slotId: real.slotId(1) }]);
    const since = now;
    now = new Date(now.getTime() + 60_000);
    const [slot] = (await collect()).snapshot.pools[0]?.slots ?? [];
    expect(slot?.faultySince).toEqual(since);
    writeFileSync(head, whole);
    const last = await collect();
    expect(last.snapshot.anomalies.corruptedSlots).toEqual([]);
    expect(last.snapshot.pools[0]?.slots[0]?.faultySince).toBeUndefined();
  });

  test("keep copies of what is healthy, and none of what is broken", async () => {
    await collect();
    const store = new KnownGoodStore(real.stateDir);
    const kept = store.readSlot(real.slotId(1));
    expect(kept?.files.has("HEAD")).toBe(true);
    writeFileSync(join(new SlotPlace(real, 1).gitDirectory, "HEAD"), "");
    await collect();
    expect(store.readSlot(real.slotId(1))?.files.get("HEAD")).toEqual(kept?.files.get("HEAD"));
  });
});
