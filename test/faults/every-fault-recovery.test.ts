import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { faults, SlotPlace, workIn } from "../kit/fault-kit.ts";
import { git, type RealPool } from "../kit/real-pool.ts";
import { sampleOf } from "../kit/sample.ts";
import { PoolTemplate, readableMarkers } from "../kit/working-slot.ts";

const number = 2;

/** Of the worktree layout: what is outside the pool is nobody's to judge but a person's. */
const leftToPeople = ["slot directory leads out of the pool", ".git leads out of the pool"];

/** What was saved of it is too large to be searched for work; that the slot is usable again is shown all the same. */
const largest = "index of 4 GiB";

function managerOf({ root, workspacesDir, stateDir }: RealPool): PoolManager {
  return new PoolManager({ config: { ...createDefaultConfig(root), workspacesDir, stateDir } });
}

function stateOf(pool: RealPool): string {
  return (JSON.parse(readFileSync(pool.recordPath(number), "utf8")) as { state: string }).state;
}

function expectUsable(path: string): void {
  git(path, "fsck", "--full");
  git(path, "status", "--porcelain");
  writeFileSync(join(path, "next.txt"), "next\n");
  git(path, "add", "next.txt");
  git(path, "commit", "-q", "-m", "next");
}

describe.each(["clone", "worktree"] as const)(
  "in a %s pool, no work is lost and the slot is usable",
  (layout) => {
    const template = new PoolTemplate(layout);
    const { pool } = template;
    beforeEach(() => {
      template.reset();
    });
    afterAll(() => {
      template.destroy();
    });

    const ofLayout = faults.filter((fault) => fault.layouts.includes(layout));
    test.each(sampleOf(ofLayout, 4, `recovery of every fault, ${layout}`))("after: $name", async (fault) => {
      const place = new SlotPlace(pool, number);
      workIn(place);
      fault.inject(place);
      const readable = (): Set<string> =>
        fault.name === largest ? new Set() : readableMarkers(pool.directory, pool.stateDir);
      const before = readable();
      const manager = managerOf(pool);

      const report = await manager.autoRecover({ deep: true, allowPoolRebuild: true });

      const told = JSON.stringify(report.actions, undefined, 1);
      const left = readable();
      expect([...before].filter((marker) => !left.has(marker))).toEqual([]);
      const { anomalies } = await manager.snapshot({ deep: true });
      if (layout === "worktree" && leftToPeople.includes(fault.name)) {
        expect(anomalies.corruptedSlots.map(({ slotId }) => slotId)).toContain(pool.slotId(number));
        return;
      }
      expect(anomalies.corruptedSlots, told).toEqual([]);
      expect(stateOf(pool), told).toBe("available");
      expectUsable(pool.slotPath(number));
    });
  },
);
