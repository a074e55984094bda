import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { formatPoolTime, systemTimeZone } from "../../src/pool/records/local-time.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { listSalvages } from "../../src/salvage/salvage-store.ts";
import { RealPool } from "../kit/real-pool.ts";
import { sampleLayouts } from "../kit/sample.ts";
import { SlotPlace } from "../kit/slot-place.ts";

/** It takes no room on the disk, and no disk has room for what it reads as. */
const hugeBytes = 4 * 1024 ** 4;

let pool: RealPool;
let manager: PoolManager;
let huge: string;

afterEach(() => {
  pool.destroy();
});

const recordOf = (number: number) =>
  JSON.parse(readFileSync(pool.recordPath(number), "utf8")) as Record<string, unknown>;

describe.each(sampleLayouts("salvages without room"))(
  "a slot with work that has no room, in a %s pool",
  (layout) => {
    beforeEach(() => {
      pool = new RealPool(1, layout);
      const { root, workspacesDir, stateDir } = pool;
      manager = new PoolManager({ config: { ...createDefaultConfig(root), workspacesDir, stateDir } });
      const hoursAgo = formatPoolTime(new Date(Date.now() - 60 * 3_600_000), systemTimeZone());
      pool.writeRecord(1, { state: "allocated", last_allocated_at: hoursAgo });
      huge = join(pool.slotPath(1), "disk.img");
      writeFileSync(huge, "");
      truncateSync(huge, hugeBytes);
    });

    test("is not released, and is released once there is", async () => {
      const before = recordOf(1);
      await expect(manager.releaseSlot(pool.slotId(1))).rejects.toMatchObject({ code: "DISK_SPACE" });
      expect({ ...recordOf(1), updated_at: before["updated_at"] }).toEqual(before);
      expect(listSalvages(pool.stateDir)).toEqual([]);
      rmSync(huge);
      await manager.releaseSlot(pool.slotId(1));
      expect(recordOf(1)["state"]).toBe("available");
    });

    test("keeps its allocation in a recovery, and is not isolated", async () => {
      const report = await manager.autoRecover({ forceReleaseLongAllocated: true });
      expect(report.actions.map(({ outcome, reason }) => ({ outcome, reason }))).toContainEqual({
        outcome: "refused",
        reason: "disk_space",
      });
      expect(recordOf(1)).toMatchObject({ state: "allocated" });
      expect(recordOf(1)["metadata"]).not.toHaveProperty("isolated_at");
    });

    test("is not removed", async () => {
      await expect(manager.removeSlot(pool.slotId(1), { force: true })).rejects.toMatchObject({
        code: "DISK_SPACE",
      });
    });

    test("is not repaired by a step that needs its work saved, and is not isolated", async () => {
      pool.writeRecord(1, { state: "available", last_allocated_at: null });
      writeFileSync(join(new SlotPlace(pool, 1).gitDirectory, "index"), "torn");
      const report = await manager.autoRecover({});
      expect(report.actions.map(({ action, reason }) => ({ action, reason }))).toEqual([
        { action: "rebuild_index", reason: "disk_space" },
      ]);
      expect(recordOf(1)["metadata"]).not.toHaveProperty("isolated_at");
    });
  },
);
