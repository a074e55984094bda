import { join } from "node:path";
import { expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import type { SourceSettings } from "../../src/pool/sources/source.ts";
import { describeEachLayout } from "../kit/describe-layouts.ts";
import { linkFaults } from "../kit/faults/links.ts";
import { lockFaults } from "../kit/faults/locks.ts";
import { sampleOf } from "../kit/sample.ts";
import { SlotPlace, workIn } from "../kit/slot-place.ts";
import { fingerprint, readableMarkers } from "../kit/working-slot.ts";
import type { RealPool } from "../kit/real-pool.ts";

const number = 2;

/** To a source it is seen from the wrong place, and not judged. */
const leftOut = ["links lead where the pool was before"];

/** The slots of a pool as a source sees them that knows no pool manager. */
function sourceOf(pool: RealPool): SourceSettings {
  const common = { name: "own", include: [], idleAfterSeconds: undefined, reclaim: {} };
  const allow = ["report", "move_git_lock", "repair", "reclaim"] as const;
  return pool.layout === "clone"
    ? { ...common, allow, kind: "checkouts", repositories: [], paths: [join(pool.directory, "slot*")] }
    : { ...common, allow, kind: "worktrees", repositories: [pool.mainRepository], paths: [] };
}

function managerOf(pool: RealPool): PoolManager {
  return new PoolManager({
    config: {
      ...createDefaultConfig(pool.root),
      stateDir: join(pool.root, "state"),
      sources: [sourceOf(pool)],
    },
  });
}

/** Everything but the slot, its registration and our state directory. */
function besideSlot(pool: RealPool): Record<string, string> {
  const { path, gitDirectory } = new SlotPlace(pool, number);
  const own = [path, gitDirectory, join(pool.root, "state")];
  const all = Object.entries(fingerprint(pool.root));
  return Object.fromEntries(all.filter(([file]) => !own.some((place) => file.startsWith(`${place}/`))));
}

describeEachLayout((layout, template) => {
  const ofRepository = [...linkFaults, ...lockFaults].filter(
    (fault) => fault.layouts.includes(layout) && !leftOut.includes(fault.name),
  );
  test.each(sampleOf(ofRepository, 2, `faults of ${layout} slots of sources`))(
    "recover and reclaim lose nothing of a source's slot and change nothing beside it, after: $name",
    async (fault) => {
      const { pool } = template;
      const slot = new SlotPlace(pool, number);
      workIn(slot);
      fault.inject(slot);
      const marked = readableMarkers(pool.root);
      const beside = besideSlot(pool);
      const manager = managerOf(pool);
      const first = await manager.snapshot({ deep: true });
      const { slotId, repoName } = manager.requireWatchedSlot(slot.path);
      const recover = async () =>
        manager.recover(
          manager.createRequest({ slotId, force: false, input: { pool: repoName, deep: true } }),
        );

      const report = await recover();
      const told = JSON.stringify(report, undefined, 1);
      expect(report.errors, told).toEqual([]);
      expect(besideSlot(pool), told).toEqual(beside);
      const again = await recover();
      expect(again.actions.filter(({ outcome }) => outcome === "done")).toEqual([]);

      const reclaimed = await manager.reclaim({ slots: [slot.path] });
      expect(besideSlot(pool), JSON.stringify(reclaimed.report)).toEqual(beside);
      const left = readableMarkers(pool.root);
      expect([...marked].filter((marker) => !left.has(marker))).toEqual([]);
      const reported = first.anomalies.corruptedSlots.map((each) => each.slotId);
      const neighbours = [1, 3].map((other) => manager.requireWatchedSlot(pool.slotPath(other)).slotId);
      if (layout === "clone" || fault.scope === "slot")
        expect(reported.filter((each) => neighbours.includes(each))).toEqual([]);
    },
  );
});
