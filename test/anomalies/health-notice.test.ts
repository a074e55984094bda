import { expect, test } from "vitest";
import { createHealthNotice } from "../../src/anomalies/health-notice.ts";
import { aCorruptedSlot, aLongAllocatedSlot, anOrphanedLock, snapshotTime } from "../kit/a-snapshot.ts";

test("a notice counts everything and says the worst first", () => {
  const notice = createHealthNotice(
    {
      longAllocatedSlots: [aLongAllocatedSlot()],
      corruptedSlots: [aCorruptedSlot()],
      orphanedLocks: [anOrphanedLock()],
    },
    snapshotTime,
  );
  expect(notice).toMatchObject({ long_allocated_slots: 1, corrupted_slots: 1, orphaned_locks: 1 });
  expect(notice.findings.map(({ kind }) => kind)).toEqual([
    "corrupted_slot",
    "orphaned_lock",
    "long_allocated_slot",
  ]);
});

test("a notice stays small, however much was found and however long a slot's details are", () => {
  const detail = "x".repeat(100_000);
  const corruptedSlots = Array.from({ length: 5000 }, () => aCorruptedSlot({ detail }));
  const notice = createHealthNotice(
    { longAllocatedSlots: [], corruptedSlots, orphanedLocks: [] },
    snapshotTime,
  );
  expect(notice.corrupted_slots).toBe(5000);
  expect(notice.findings.length + notice.findings_left_out).toBe(5000);
  expect(JSON.stringify(notice).length).toBeLessThan(256 * 1024);
});
