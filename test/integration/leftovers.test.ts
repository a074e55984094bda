import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { RealPool } from "../kit/real-pool.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

const names = ["pack/tmp_pack_old", "pack/tmp_idx_old", "pack/.tmp-12-pack-old.idx", "ab/tmp_obj_old"];

test.each(["clone", "worktree"] as const)(
  "what killed git commands left for a day is told in bytes, and moved aside by a clean-up (%s)",
  async (layout) => {
    pool = new RealPool(1, layout);
    const { workspacesDir, stateDir } = pool;
    const manager = new PoolManager({
      config: { ...createDefaultConfig(pool.root), workspacesDir, stateDir },
    });
    const repository = layout === "clone" ? join(pool.slotPath(1), ".git") : pool.mainRepository;
    const pathOf = (name: string): string => join(repository, "objects", name);
    mkdirSync(pathOf("ab"), { recursive: true });
    const dayAgo = Date.now() / 1000 - 24 * 3600 - 60;
    for (const name of names) {
      writeFileSync(pathOf(name), Buffer.alloc(1000));
      utimesSync(pathOf(name), dayAgo, dayAgo);
    }
    writeFileSync(pathOf("pack/tmp_pack_young"), "");

    const { pools, anomalies } = await manager.snapshot({ deep: true });
    expect(anomalies.corruptedSlots).toEqual([]);
    expect(pools.flatMap(({ problems }) => problems).filter(({ code }) => code === "leftovers")).toEqual([
      expect.objectContaining({ detail: "4000 bytes in 4 files that killed git commands left" }),
    ]);

    await manager.allocateSlot("demo");
    expect(await manager.releaseSlotDetailed(pool.slotId(1))).toMatchObject({ kind: "released" });
    expect(names.filter((name) => existsSync(pathOf(name)))).toEqual([]);
    expect(existsSync(pathOf("pack/tmp_pack_young"))).toBe(true);
  },
);

test("a recovery removes the half copy that a killed process left, once nobody can be writing it", async () => {
  pool = new RealPool(1);
  const { workspacesDir, stateDir } = pool;
  const manager = new PoolManager({ config: { ...createDefaultConfig(pool.root), workspacesDir, stateDir } });
  const folder = join(stateDir, "known-good", "demo");
  mkdirSync(folder, { recursive: true });
  const [old, young] = ["old", "young"].map((name) => join(folder, `.${name}.json.0123456789ab.tmp`)) as [
    string,
    string,
  ];
  for (const path of [old, young]) writeFileSync(path, "{");
  const twoMinutesAgo = Date.now() / 1000 - 120;
  utimesSync(old, twoMinutesAgo, twoMinutesAgo);
  await manager.autoRecover({});
  expect([old, young].map((path) => existsSync(path))).toEqual([false, true]);
});
