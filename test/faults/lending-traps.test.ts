import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { CodedError } from "../../src/platform/coded-error.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import {
  armDiversion,
  armTraps,
  diversions,
  trapPlaceOf,
  type ArmedTraps,
  type Diversion,
} from "../kit/arm-traps.ts";
import { RealPool } from "../kit/real-pool.ts";
import { sampleLayouts, sampleOf } from "../kit/sample.ts";

let pool: RealPool;
let manager: PoolManager;

const trapDirectory = (): string => join(pool.root, "traps");

function open(layout: "clone" | "worktree"): void {
  pool = new RealPool(2, layout);
  const defaults = createDefaultConfig(pool.root);
  manager = new PoolManager({
    config: {
      ...defaults,
      recovery: { ...defaults.recovery, lockTimeoutSeconds: 0.2 },
      workspacesDir: pool.workspacesDir,
      stateDir: pool.stateDir,
    },
  });
}

afterEach(() => {
  pool.destroy();
});

/** What lending does to slot 1; `prepare` makes it the slot that this is done to. */
const operations = [
  {
    operation: "allocate",
    prepare: () => {
      pool.writeRecord(1, { last_released_at: "2026-05-01T10:00:00.000000" });
    },
    run: () => manager.allocateSlotDetailed("demo"),
  },
  {
    operation: "release",
    prepare: () => {
      pool.writeRecord(1, { state: "allocated", last_allocated_at: "2026-05-01T10:00:00.000000" });
    },
    run: () => manager.releaseSlotDetailed(pool.slotId(1)),
  },
  {
    operation: "remove-slot",
    prepare: () => undefined,
    run: () => manager.removeSlot(pool.slotId(1), { force: true }),
  },
] as const;

/** A refusal is as good as a success: what counts is what it left behind. */
async function attempt(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
  }
}

function expectUntouched(traps: ArmedTraps): void {
  expect(traps.fired()).toEqual([]);
  expect(traps.changedOutside()).toEqual([]);
}

/** Ways out of the pool that are the slot's and not its repository's. */
const slotDiversions: readonly Diversion[] = [
  {
    name: "slot_path leads out of the pool",
    arm: (_place, { sentinel }) => {
      pool.writeRecord(1, { slot_path: join(sentinel, "work") });
    },
  },
  {
    name: "the slot is a link to a repository outside the pool",
    arm: ({ slotPath }, { sentinel }) => {
      renameSync(slotPath, join(pool.root, "slot-before"));
      symlinkSync(join(sentinel, "work"), slotPath);
    },
  },
  {
    name: "the directory of slot.json is a link that leads out of the pool",
    arm: (_place, { sentinel }) => {
      const directory = join(pool.directory, "slot1");
      rmSync(directory, { recursive: true, force: true });
      symlinkSync(join(sentinel, "folder"), directory);
    },
  },
  {
    name: "a directory of the work tree holds a link that leads out of the pool",
    arm: ({ slotPath }, { sentinel }) => {
      mkdirSync(join(slotPath, "deep"));
      symlinkSync(sentinel, join(slotPath, "deep", "link"));
    },
  },
];

const cases = [...slotDiversions, ...diversions].flatMap((diversion) =>
  operations.map((operation) => ({ ...operation, diversion, name: diversion.name })),
);

describe.each(sampleLayouts("traps on lending"))("a %s slot", (layout) => {
  beforeEach(() => {
    open(layout);
  });

  test.each(operations)("that names programs has none of them run by $operation", async (operation) => {
    const traps = armTraps(trapPlaceOf(pool.slotPath(1), trapDirectory()));
    operation.prepare();
    await attempt(operation.run);
    expectUntouched(traps);
  });

  test.each(sampleOf(cases, 4, `lending diversions, ${layout}`))(
    "that leads away keeps $operation inside the pool where $name",
    async ({ prepare, run, diversion }) => {
      prepare();
      const traps = armDiversion(diversion, trapPlaceOf(pool.slotPath(1), trapDirectory()));
      await attempt(run);
      expectUntouched(traps);
    },
  );
});
