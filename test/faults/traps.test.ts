import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { armDiversion, armTraps, diversions, trapPlaceOf, type ArmedTraps } from "../kit/arm-traps.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { sampleLayouts, sampleOf } from "../kit/sample.ts";

let pool: RealPool;
let manager: PoolManager;

const layouts = sampleLayouts("traps");

function open(layout: (typeof layouts)[number]): void {
  pool = new RealPool(2, layout);
  const config = {
    ...createDefaultConfig(pool.root),
    workspacesDir: pool.workspacesDir,
    stateDir: pool.stateDir,
  };
  manager = new PoolManager({ config });
}

afterEach(() => {
  pool.destroy();
});

const trapDirectory = (): string => join(pool.root, "traps");

function expectUntouched(traps: ArmedTraps): void {
  expect(traps.fired()).toEqual([]);
  expect(traps.changedOutside()).toEqual([]);
}

describe.each(layouts)("a %s slot that names programs", (layout) => {
  beforeEach(() => {
    open(layout);
  });

  test("would have them run by plain git: the traps are armed", () => {
    const traps = armTraps(trapPlaceOf(pool.slotPath(1), trapDirectory()));
    expect(traps.fired()).toEqual([]);
    try {
      git(pool.slotPath(1), "status");
      git(pool.slotPath(1), "diff");
    } catch {
      // Some traps end what started them; which ones fired is the point.
    }
    expect(traps.fired()).toEqual(
      expect.arrayContaining([
        ...["core_fsmonitor", "filter_process", "submodule_fsmonitor"],
        ...["config", "include", "info", "worktree"].map((name) => `${name}_filter_clean`),
      ]),
    );
  });

  test("has none of them run by a collection, and nothing outside changed", async () => {
    const traps = armTraps(trapPlaceOf(pool.slotPath(1), trapDirectory()));
    const snapshot = await manager.snapshot();
    expect(snapshot.pools.flatMap(({ slots }) => slots)).toHaveLength(2);
    expectUntouched(traps);
  });

  test("has none of them run by a deep check, and nothing outside changed", async () => {
    const traps = armTraps(trapPlaceOf(pool.slotPath(1), trapDirectory()));
    const snapshot = await manager.snapshot({ deep: true });
    expect(snapshot.errors).toEqual([]);
    expectUntouched(traps);
  });
});

describe.each(layouts)("a %s slot that leads away", (layout) => {
  beforeEach(() => {
    open(layout);
  });

  test.each(sampleOf(diversions, 5, "diversions"))(
    "is looked at deep where $name, and nothing outside changed",
    async (diversion) => {
      const place = trapPlaceOf(pool.slotPath(1), trapDirectory());
      const traps = armDiversion(diversion, place);
      const snapshot = await manager.snapshot({ deep: true });
      expect(snapshot.pools.flatMap(({ slots }) => slots).length).toBeGreaterThan(0);
      expectUntouched(traps);
      expect(existsSync(pool.slotPath(2))).toBe(true);
    },
  );
});
