import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { RealPool } from "../kit/real-pool.ts";

let pool: RealPool;
beforeEach(() => {
  pool = new RealPool(8);
  for (const number of [1, 2, 3, 4]) rmSync(join(pool.slotPath(number), ".git", "HEAD"));
});
afterEach(() => {
  pool.destroy();
});

test("one run over a pool keeps to the budget of the hour, and so does the next", async () => {
  const defaults = createDefaultConfig(pool.root);
  const { workspacesDir, stateDir } = pool;
  const recovery = { ...defaults.recovery, budgetPerHour: 3 };
  const manager = new PoolManager({ config: { ...defaults, workspacesDir, stateDir, recovery } });
  const run = () =>
    manager.recover({
      ...manager.createRequest({ slotId: undefined, force: false, input: { strategy: "conservative" } }),
      trigger: "schedule",
      requestedBy: "schedule",
    });

  const first = await run();
  expect(first.corruptedRecovered).toBe(3);
  expect(first.actions.filter(({ outcome }) => outcome === "refused").map(({ reason }) => reason)).toEqual([
    "budget",
  ]);
  expect((await run()).actions.map(({ outcome, reason }) => [outcome, reason])).toEqual([
    ["refused", "budget"],
  ]);
});
