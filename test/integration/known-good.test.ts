import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { smallFilePath } from "../../src/git/git-directory.ts";
import { KnownGoodStore } from "../../src/inspection/memory/known-good.ts";
import { locateRepository } from "../../src/inspection/probe/worktree-links.ts";
import { systemTimeZone } from "../../src/pool/records/local-time.ts";
import type { Pool } from "../../src/pool/pool.ts";
import { readPools } from "../../src/pool/pool-store.ts";
import { RealPool } from "../kit/real-pool.ts";
import { sampleLayouts } from "../kit/sample.ts";
import { uncachedReader } from "../../src/platform/slot-reader.ts";

const takenAt = new Date("2026-05-04T12:00:00Z");
let real: RealPool;
let store: KnownGoodStore;

afterEach(() => {
  real.destroy();
});

function open(layout: "clone" | "worktree" = "clone"): void {
  real = new RealPool(2, layout);
  store = new KnownGoodStore(real.stateDir);
}

function readPool(): Pool {
  const [pool] = readPools(real.workspacesDir, { timeZone: systemTimeZone() });
  if (pool === undefined) throw new Error("no pool");
  return pool;
}

function healthy(pool: Pool) {
  return pool.slots.map((slot) => ({
    slot,
    directories: locateRepository(uncachedReader, slot, pool).directories,
  }));
}

describe.each(sampleLayouts("copies of healthy pools"))("copies of a healthy %s pool", (layout) => {
  beforeEach(() => {
    open(layout);
  });

  test("hold slot.json, pool.json and the small repository files, byte for byte", async () => {
    const pool = readPool();
    await store.remember(pool, healthy(pool), takenAt);
    const read = new KnownGoodStore(real.stateDir);
    const slot = read.readSlot(real.slotId(1));
    expect(slot?.takenAt).toEqual(takenAt);
    expect(slot?.fields).toEqual(JSON.parse(readFileSync(real.recordPath(1), "utf8")));
    const [first] = healthy(pool);
    const directories = first?.directories;
    if (slot === undefined || directories === undefined) throw new Error("expected a copy");
    const names = layout === "clone" ? ["config", "HEAD"] : ["config", "HEAD", "commondir", "gitdir", ".git"];
    expect([...slot.files.keys()]).toEqual(names);
    for (const [name, content] of slot.files) {
      const path = smallFilePath(name, { slotPath: real.slotPath(1), directories });
      expect(content).toEqual(readFileSync(path));
    }
    expect(read.readPool("demo")?.fields).toMatchObject({ num_slots: 2 });
    expect(read.readPool("demo")?.files.has("config")).toBe(layout === "worktree");
  });

  test("are written once for as long as nothing changes", async () => {
    const pool = readPool();
    expect(await store.remember(pool, healthy(pool), takenAt)).toEqual({ kind: "remembered", written: 3 });
    expect(await store.remember(pool, healthy(pool), takenAt)).toEqual({ kind: "remembered", written: 0 });
    const restarted = new KnownGoodStore(real.stateDir);
    expect(await restarted.remember(pool, healthy(pool), takenAt)).toMatchObject({ written: 0 });
    real.writeRecord(1, { state: "allocated" });
    const changed = readPool();
    expect(await store.remember(changed, healthy(changed), takenAt)).toMatchObject({ written: 1 });
    expect(store.readSlot(real.slotId(1))?.fields).toMatchObject({ state: "allocated" });
  });

  test("keep the files of a repository that is broken now, and take its newer slot.json", async () => {
    const pool = readPool();
    await store.remember(pool, healthy(pool), takenAt);
    real.writeRecord(1, { allocation_count: 7 });
    const broken = readPool().slots.map((slot) => ({ slot, directories: undefined }));
    await store.remember(readPool(), broken, takenAt);
    const slot = store.readSlot(real.slotId(1));
    expect(slot?.fields).toMatchObject({ allocation_count: 7 });
    expect(slot?.files.get("HEAD")?.toString()).toMatch(/^ref: refs\/heads\//);
  });
});

describe("the copy of a slot", () => {
  beforeEach(async () => {
    open();
    const pool = readPool();
    await store.remember(pool, healthy(pool), takenAt);
  });

  test("outlives the slot while the pool still promises it", async () => {
    rmSync(real.slotPath(2), { recursive: true });
    const pool = readPool();
    await store.remember(pool, healthy(pool), takenAt);
    expect(store.listSlotNumbers("demo")).toEqual([1, 2]);
  });

  test("is forgotten with a slot that the pool has given up", async () => {
    rmSync(real.slotPath(2), { recursive: true });
    const path = join(real.directory, "pool.json");
    writeFileSync(path, readFileSync(path, "utf8").replace('"num_slots":2', '"num_slots":1'));
    const pool = readPool();
    await store.remember(pool, healthy(pool), takenAt);
    expect(store.listSlotNumbers("demo")).toEqual([1]);
  });

  test("that is torn is no copy, and is written anew", async () => {
    const path = join(real.stateDir, "known-good", "demo", "slot1.json");
    writeFileSync(path, readFileSync(path).subarray(0, 40));
    const restarted = new KnownGoodStore(real.stateDir);
    expect(restarted.readSlot(real.slotId(1))).toBeUndefined();
    const pool = readPool();
    expect(await restarted.remember(pool, healthy(pool), takenAt)).toMatchObject({ written: 1 });
    expect(restarted.readSlot(real.slotId(1))).toBeDefined();
  });

  test("of a newer version is refused, and left as it is", async () => {
    const path = join(real.stateDir, "known-good", "demo", "slot1.json");
    writeFileSync(path, readFileSync(path, "utf8").replace('"schema_version": 1', '"schema_version": 9'));
    const before = readFileSync(path);
    const restarted = new KnownGoodStore(real.stateDir);
    expect(() => restarted.readSlot(real.slotId(1))).toThrow(/is of version 9/);
    real.writeRecord(1, { allocation_count: 3 });
    const pool = readPool();
    expect(await restarted.remember(pool, healthy(pool), takenAt)).toMatchObject({ kind: "unwritable" });
    expect(readFileSync(path)).toEqual(before);
  });

  test("is not needed: a state directory that cannot be written is an outcome", async () => {
    const blocked = join(real.root, "blocked");
    mkdirSync(blocked);
    writeFileSync(join(blocked, "known-good"), "");
    const pool = readPool();
    expect(await new KnownGoodStore(blocked).remember(pool, healthy(pool), takenAt)).toMatchObject({
      kind: "unwritable",
    });
  });
});
