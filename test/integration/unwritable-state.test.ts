import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PoolManager } from "../../src/pool-manager.ts";
import { overwrite } from "../kit/damage.ts";
import { managerOf } from "../kit/manager-of.ts";
import { RealPool } from "../kit/real-pool.ts";
import { sampleLayouts } from "../kit/sample.ts";
import { SlotPlace } from "../kit/slot-place.ts";

let pool: RealPool;
let manager: PoolManager;

afterEach(() => {
  pool.destroy();
});

const recordOf = (number: number) =>
  JSON.parse(readFileSync(pool.recordPath(number), "utf8")) as Record<string, unknown>;

/** Not even root can write there until it is removed. */
function blockStateDirectory(name: string): string {
  const path = join(pool.stateDir, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "a file in the place of a directory");
  return path;
}

describe.each(sampleLayouts("unwritable state"))("in a %s pool", (layout) => {
  beforeEach(() => {
    pool = new RealPool(2, layout);
    manager = managerOf(pool);
  });

  test.each(["salvage", "quarantine"])(
    "a slot is not isolated because %s cannot be written, and is repaired once it can",
    async (name) => {
      writeFileSync(join(pool.slotPath(1), "work.txt"), "work");
      overwrite(join(new SlotPlace(pool, 1).gitDirectory, "index"), "DIRC");
      const blocked = blockStateDirectory(name);
      const { actions, errors } = await manager.autoRecover({});
      expect(actions).toMatchObject([
        {
          action: "rebuild_index",
          reason: "state_unwritable",
          detail: expect.stringContaining(blocked) as string,
        },
      ]);
      // A guard refuses without an error; a step that was begun has failed.
      expect(actions[0]?.outcome).toBe(errors.length === 0 ? "refused" : "failed");
      expect(recordOf(1)).toMatchObject({ state: "available", metadata: {} });
      rmSync(blocked);
      expect(await manager.autoRecover({})).toMatchObject({ corruptedRecovered: 1, errors: [] });
    },
  );

  test.each(["salvage", "staging"])(
    "a slot stays allocated if %s cannot be written, and is released once it can",
    async (name) => {
      const slot = await manager.allocateSlot(pool.repoName);
      const number = slot?.slotId === pool.slotId(1) ? 1 : 2;
      writeFileSync(join(pool.slotPath(number), "work.txt"), "work");
      const before = recordOf(number);
      rmSync(join(pool.stateDir, name), { recursive: true, force: true });
      const blocked = blockStateDirectory(name);
      const release = manager.releaseSlot(pool.slotId(number));
      await expect(release).rejects.toMatchObject({
        code: "STATE_UNWRITABLE",
        message: expect.stringContaining(blocked) as string,
      });
      expect({ ...recordOf(number), updated_at: before["updated_at"] }).toEqual(before);
      expect(readFileSync(join(pool.slotPath(number), "work.txt"), "utf8")).toBe("work");
      rmSync(blocked);
      expect(await manager.releaseSlot(pool.slotId(number))).toMatchObject({ state: "available" });
    },
  );
});

test("no slot is isolated if the main repository cannot be cloned because staging cannot be written", async () => {
  pool = new RealPool(2, "worktree");
  manager = managerOf(pool);
  rmSync(pool.mainRepository, { recursive: true });
  const blocked = blockStateDirectory("staging");
  const report = await manager.autoRecover({ allowPoolRebuild: true });
  expect(report).toMatchObject({ corruptedIsolated: 0, corruptedRecovered: 0 });
  expect(report.actions.at(-1)).toMatchObject({ action: "reclone", reason: "state_unwritable" });
  for (const number of [1, 2]) expect(recordOf(number)).toMatchObject({ state: "available", metadata: {} });
  rmSync(blocked);
  expect(await manager.autoRecover({ allowPoolRebuild: true })).toMatchObject({ errors: [] });
  expect(await manager.detectCorruptedSlots()).toEqual([]);
});
