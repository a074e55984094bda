import { expect, test } from "vitest";
import type { PoolSummary } from "../../src/lending/pool-summary.ts";
import { createPoolReport, createStatusReport } from "../../src/views/pool-report.ts";
import { aCorruptedSlot, anOrphanedLock, aPool, aSlot, aSnapshot, snapshotTime } from "../kit/a-snapshot.ts";

const demo: PoolSummary = {
  repoName: "demo",
  layout: "clone",
  numSlots: 2,
  totalSlots: 2,
  states: { available: 1, allocated: 0, cleaning: 0, error: 1 },
  unreadable: 0,
  totalAllocations: 7,
  totalUsageSeconds: 12.5,
};
const other: PoolSummary = { ...demo, repoName: "other", numSlots: undefined };

test("an unknown number of slots is null", () => {
  expect(createPoolReport(other)).toEqual({
    repo_name: "other",
    layout: "clone",
    num_slots: null,
    states: demo.states,
    unreadable: 0,
    total_allocations: 7,
    total_usage_seconds: 12.5,
  });
});

test("each pool counts its own anomalies and isolated slots", () => {
  const isolated = {
    slotId: "workspace-demo-slot1",
    repoName: "demo",
    isolatedAt: snapshotTime,
    isolationReason: "disk",
  };
  const snapshot = aSnapshot({
    anomalies: {
      longAllocatedSlots: [],
      corruptedSlots: [aCorruptedSlot(), aCorruptedSlot({ slotId: "workspace-demo-slot2" })],
      orphanedLocks: [anOrphanedLock({ slotId: "workspace-other-slot9", repoName: "other" })],
    },
    isolatedSlots: [isolated],
  });
  const reports = createStatusReport([demo, other], snapshot);
  expect(reports.map(({ isolated: count, anomalies }) => ({ count, ...anomalies }))).toEqual([
    { count: 1, long_allocated_slots: 0, corrupted_slots: 2, orphaned_locks: 0 },
    { count: 0, long_allocated_slots: 0, corrupted_slots: 0, orphaned_locks: 1 },
  ]);
});

test("a pool of a source is counted with those of the manager, by the slots that were seen", () => {
  const slots = [aSlot({ state: "allocated" }), aSlot({ slotId: "agents-api-fix", repoName: "agents-api" })];
  const ofSource = aPool({ repoName: "agents-api", source: "agents", numSlots: undefined, slots });
  const corruptedSlots = [aCorruptedSlot({ slotId: "agents-api-fix", repoName: "agents-api" })];
  const anomalies = { longAllocatedSlots: [], corruptedSlots, orphanedLocks: [] };
  const [first, second] = createStatusReport([demo], aSnapshot({ pools: [aPool(), ofSource], anomalies }));
  expect(first?.repo_name).toBe("demo");
  expect(second).toMatchObject({
    repo_name: "agents-api",
    num_slots: 2,
    states: { available: 1, allocated: 1 },
    anomalies: { corrupted_slots: 1 },
  });
});
