import { expect, test } from "vitest";
import { createLockReports } from "../../src/views/lock-report.ts";
import { createRemovedSlotReport, createSlotReports } from "../../src/views/slot-report.ts";
import { anOrphanedLock, aPool, aSlot, aSnapshot, snapshotTime } from "../kit/a-snapshot.ts";

test("a slot that cannot be read has nulls, and its lock by kind", () => {
  const unreadable = aSlot({
    state: undefined,
    branch: undefined,
    commit: undefined,
    lock: { kind: "held", holders: [{ pid: 42, command: "agent" }] },
    reasons: ["slot_json_invalid"],
  });
  expect(createSlotReports(aSnapshot({ pools: [aPool({ slots: [unreadable] })] }))).toEqual([
    {
      slot_id: "workspace-demo-slot1",
      repo_name: "demo",
      slot_path: "/pools/demo/slot1",
      state: null,
      current_branch: null,
      current_commit: null,
      allocated_at: null,
      isolation_reason: null,
      lock: "held",
      reasons: ["slot_json_invalid"],
    },
  ]);
});

test("an allocated slot says since when, in UTC", () => {
  const slots = [aSlot({ state: "allocated", allocatedAt: snapshotTime })];
  const [report] = createSlotReports({ pools: [aPool({ slots })] });
  expect(report).toMatchObject({ state: "allocated", allocated_at: "2026-05-04T12:00:00.000Z" });
});

test("a lock names its reason only if it is orphaned itself", () => {
  const lock = (slotId: string) => ({
    slotId,
    path: `/pools/locks/${slotId}.lock`,
    isHeld: false,
    holders: [],
  });
  const locks = [lock("workspace-demo-slot1"), lock("workspace-demo-slot9")];
  const reports = createLockReports(locks, [anOrphanedLock()]);
  expect(reports.map(({ slot_id, orphaned }) => [slot_id, orphaned])).toEqual([
    ["workspace-demo-slot1", null],
    ["workspace-demo-slot9", "no_such_slot"],
  ]);
});

test("a removed slot says where it is now, and null if nothing had to be saved", () => {
  const removed = { kind: "removed", movedTo: ["/quarantine/slot1"], salvageId: undefined } as const;
  expect(createRemovedSlotReport("workspace-demo-slot1", removed)).toEqual({
    slot_id: "workspace-demo-slot1",
    moved_to: ["/quarantine/slot1"],
    salvage_id: null,
  });
});
