import { describe, expect, test } from "vitest";
import type { Snapshot } from "../../src/anomalies/snapshot.ts";
import { renderSample } from "../../src/metrics/exposition-lines.ts";
import { noSlotTotals, updateSlotTotals } from "../../src/metrics/slot-totals.ts";
import { sampleSnapshot } from "../../src/metrics/snapshot-samples.ts";
import {
  aBrokenSnapshot,
  aCorruptedSlot,
  anOrphanedLock,
  aPool,
  aSlot,
  aSnapshot,
  snapshotTime,
} from "../kit/a-snapshot.ts";

/** The lines of one metric, without its name. */
function linesOf(
  metric: string,
  snapshot: Snapshot,
  { perSlot = true, maxSlotSeries = 1000 } = {},
): string[] {
  const totals = updateSlotTotals(noSlotTotals, snapshot);
  return [...sampleSnapshot(snapshot, { perSlot, maxSlotSeries, totals })]
    .filter((sample) => sample.metric.name === metric)
    .map((sample) => renderSample(sample).trimEnd().slice(metric.length));
}

test("a healthy pool counts its slots by state, the empty states as 0", () => {
  const slots = [aSlot(), aSlot({ slotId: "workspace-demo-slot2", state: "allocated" })];
  expect(linesOf("repo_pool_slots", aSnapshot({ pools: [aPool({ slots })] }))).toEqual([
    '{pool="demo",state="available"} 1',
    '{pool="demo",state="allocated"} 1',
    '{pool="demo",state="cleaning"} 0',
    '{pool="demo",state="error"} 0',
  ]);
});

test("every kind of anomaly and every named problem of a healthy pool is 0, and no slot has an anomaly", () => {
  const healthy = aSnapshot();
  expect(linesOf("repo_pool_anomalies", healthy)).toEqual([
    '{pool="demo",kind="long_allocated_slot"} 0',
    '{pool="demo",kind="corrupted_slot"} 0',
    '{pool="demo",kind="orphaned_lock"} 0',
    '{pool="",kind="orphaned_lock"} 0',
  ]);
  expect(linesOf("repo_pool_problems", healthy)).toContain('{pool="demo",problem="timezone_mismatch"} 0');
  expect(linesOf("repo_pool_slot_anomaly", healthy)).toEqual([]);
});

test("unsaved work carries the time of the look, also if there is none", () => {
  const slot = aSlot({ unsavedWork: [], unsavedWorkSeenAt: snapshotTime });
  const snapshot = aSnapshot({ pools: [aPool({ slots: [slot] })] });
  expect(linesOf("repo_pool_slot_unsaved_work_checked_timestamp_seconds", snapshot)).toEqual([
    `{pool="demo",slot="workspace-demo-slot1"} ${snapshotTime.getTime() / 1000}`,
  ]);
  expect(linesOf("repo_pool_slot_unsaved_work", snapshot)).toEqual([]);
});

test("what limits the view of the host is told once, for no pool", () => {
  const limited = aSnapshot({
    pools: [aPool(), aPool({ repoName: "trees" })],
    problems: [{ code: "limited_visibility", detail: "" }],
  });
  const told = linesOf("repo_pool_problems", limited).filter((line) => line.includes("limited_visibility"));
  expect(told).toEqual(['{pool="",problem="limited_visibility"} 1']);
  expect(linesOf("repo_pool_problems", aSnapshot())).toContain('{pool="",problem="limited_visibility"} 0');
});

test("a pool that cannot be read is down with its problems, and the others stay as they are", () => {
  const broken = aBrokenSnapshot();
  expect(linesOf("repo_pool_up", broken)).toEqual(['{pool="demo"} 1', '{pool="trees"} 0']);
  const problems = linesOf("repo_pool_problems", broken);
  expect(problems).toContain('{pool="trees",problem="pool_metadata_invalid"} 1');
  expect(problems).toContain('{pool="trees",problem="main_repo_head_invalid"} 1');
  expect(problems).not.toContain('{pool="demo",problem="main_repo_head_invalid"} 0');
});

test("a pool whose pool.json cannot be read promises no number of slots", () => {
  expect(linesOf("repo_pool_slots_configured", aBrokenSnapshot())).toEqual(['{pool="demo"} 4']);
});

test("each reason of a corrupted slot is a series, once", () => {
  const corrupted = aCorruptedSlot({ reasons: ["head_invalid", "index_corrupt", "head_invalid"] });
  const snapshot = aSnapshot({
    anomalies: { longAllocatedSlots: [], corruptedSlots: [corrupted], orphanedLocks: [] },
  });
  expect(linesOf("repo_pool_slot_anomaly", snapshot)).toEqual([
    '{pool="demo",slot="workspace-demo-slot1",kind="corrupted_slot",reason="head_invalid"} 1',
    '{pool="demo",slot="workspace-demo-slot1",kind="corrupted_slot",reason="index_corrupt"} 1',
  ]);
});

describe("orphaned locks, which anybody can make,", () => {
  const withLocks = (orphanedLocks: ReturnType<typeof anOrphanedLock>[]): Snapshot =>
    aSnapshot({ anomalies: { longAllocatedSlots: [], corruptedSlots: [], orphanedLocks } });

  test("have a series only where the name has a slot_id's form, and are all counted", () => {
    const snapshot = withLocks([anOrphanedLock(), anOrphanedLock({ slotId: 'x"} 1\n', repoName: "" })]);
    expect(linesOf("repo_pool_slot_anomaly", snapshot)).toEqual([
      '{pool="demo",slot="workspace-demo-slot9",kind="orphaned_lock",reason="no_such_slot"} 1',
    ]);
    expect(linesOf("repo_pool_anomalies", snapshot).slice(-2)).toEqual([
      '{pool="demo",kind="orphaned_lock"} 1',
      '{pool="",kind="orphaned_lock"} 1',
    ]);
  });

  test("are at most a hundred series", () => {
    const locks = Array.from({ length: 150 }, (_, index) =>
      anOrphanedLock({ slotId: `workspace-demo-slot${index + 10}` }),
    );
    expect(linesOf("repo_pool_slot_anomaly", withLocks(locks))).toHaveLength(100);
  });

  test("never make a pool label of a pool that does not exist", () => {
    const snapshot = withLocks([anOrphanedLock({ slotId: "workspace-ghost-slot1", repoName: "ghost" })]);
    expect(linesOf("repo_pool_slot_anomaly", snapshot)).toEqual([
      '{pool="",slot="workspace-ghost-slot1",kind="orphaned_lock",reason="no_such_slot"} 1',
    ]);
  });
});

test("instants are seconds since 1970 and end with what they tell of", () => {
  const allocated = aSlot({ state: "allocated", allocatedAt: snapshotTime, lastActivityAt: snapshotTime });
  const released = aSlot({ lastActivityAt: snapshotTime });
  const lines = (slot: ReturnType<typeof aSlot>): string[] => {
    const snapshot = aSnapshot({ pools: [aPool({ slots: [slot] })] });
    return [
      ...linesOf("repo_pool_slot_allocated_timestamp_seconds", snapshot),
      ...linesOf("repo_pool_slot_last_activity_timestamp_seconds", snapshot),
    ];
  };
  const line = '{pool="demo",slot="workspace-demo-slot1"} 1777896000';
  expect(lines(allocated)).toEqual([line, line]);
  expect(lines(released)).toEqual([]);
});

test("a lock that nobody holds is 0, a held one 1, and one whose holder cannot be seen has no series", () => {
  expect(linesOf("repo_pool_slot_lock_held", aBrokenSnapshot())).toEqual([
    '{pool="demo",slot="workspace-demo-slot1"} 0',
    '{pool="demo",slot="workspace-demo-slot2"} 1',
    '{pool="demo",slot="workspace-demo-slot3"} 0',
  ]);
});

test("only the deep checks have a time of verification", () => {
  const lines = linesOf("repo_pool_slot_verified_timestamp_seconds", aBrokenSnapshot());
  expect(lines.map((line) => /depth="(\w+)"/.exec(line)?.[1])).toEqual(["connectivity", "full"]);
});

test("without series for each slot, everything that is told of a pool is still there", () => {
  const totals = updateSlotTotals(noSlotTotals, aBrokenSnapshot());
  const samples = (perSlot: boolean) => [
    ...sampleSnapshot(aBrokenSnapshot(), { perSlot, maxSlotSeries: 1000, totals }),
  ];
  expect(samples(false).filter(({ labels }) => "slot" in labels)).toEqual([]);
  expect(samples(false)).toEqual(samples(true).filter(({ labels }) => !("slot" in labels)));
});

describe("a source without a pool manager", () => {
  const none = { evidence: "none", detail: "" } as const;
  const hoursAgo = (hours: number): Date => new Date(snapshotTime.getTime() - hours * 3_600_000);
  const tree = (name: string, given: Parameters<typeof aSlot>[0]) =>
    aSlot({ slotId: `trees-${name}-000000`, repoName: "trees", owner: none, diskBytes: 100, ...given });
  const trees = (...slots: ReturnType<typeof aSlot>[]) =>
    aSnapshot({
      pools: [
        aPool({
          repoName: "trees",
          source: "agents",
          maxAllocationSeconds: 3600,
          numSlots: undefined,
          slots,
        }),
      ],
    });

  test("counts the bytes of what nobody uses and is idle for too long", () => {
    const snapshot = trees(
      tree("idle", { lastActivityAt: hoursAgo(2) }),
      tree("young", { lastActivityAt: hoursAgo(0.5), diskBytes: 1 }),
      tree("used", { lastActivityAt: hoursAgo(2), owner: { evidence: "process", detail: "" }, diskBytes: 2 }),
      tree("unseen", {
        lastActivityAt: hoursAgo(2),
        owner: { evidence: "unseen", detail: "" },
        diskBytes: 4,
      }),
      tree("unknown", { lastActivityAt: undefined, diskBytes: 8 }),
      tree("unmeasured", { lastActivityAt: hoursAgo(2), diskBytes: undefined }),
    );
    expect(linesOf("repo_pool_reclaimable_bytes", snapshot)).toEqual(['{pool="trees"} 100']);
    expect(linesOf("repo_pool_reclaimable_bytes", aSnapshot())).toEqual([]);
  });

  test("has series for so many slots at most, the oldest unsaved work first, and its sums stay exact", () => {
    const snapshot = trees(
      tree("clean", { lastActivityAt: hoursAgo(9), unsavedWork: [] }),
      tree("new-work", { lastActivityAt: hoursAgo(1), unsavedWork: ["untracked"] }),
      tree("old-work", { lastActivityAt: hoursAgo(5), unsavedWork: ["unpushed"] }),
      tree("unknown", { lastActivityAt: hoursAgo(8), unsavedWork: ["unknown"] }),
    );
    const named = (maxSlotSeries: number) =>
      linesOf("repo_pool_slot_last_activity_timestamp_seconds", snapshot, { maxSlotSeries }).map(
        (line) => /slot="trees-(.*)-000000"/.exec(line)?.[1],
      );
    expect(named(1)).toEqual(["old-work"]);
    expect(named(3)).toEqual(["clean", "new-work", "old-work"]);
    expect(linesOf("repo_pool_reclaimable_bytes", snapshot, { maxSlotSeries: 1 })).toEqual([
      '{pool="trees"} 300',
    ]);
    expect(linesOf("repo_pool_slots", snapshot, { maxSlotSeries: 1 })).toContain(
      '{pool="trees",state="available"} 4',
    );
  });
});
