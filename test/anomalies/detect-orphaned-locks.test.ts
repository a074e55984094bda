import { expect, test } from "vitest";
import { detectOrphanedLocks, type LockCandidate } from "../../src/anomalies/detect-orphaned-locks.ts";
import { hoursBefore, inspectionTime } from "../kit/an-inspection.ts";

const known = new Set(["workspace-demo-slot1"]);

function detect(given: Partial<LockCandidate>) {
  const lock: LockCandidate = {
    slotId: "workspace-demo-slot9",
    path: "/pools/locks/workspace-demo-slot9.lock",
    entryKind: "file",
    modifiedAt: hoursBefore(24),
    isFree: true,
    ...given,
  };
  return detectOrphanedLocks([lock], known, { staleLockHours: 24, now: inspectionTime });
}

test("a lock of a slot that does not exist is orphaned once it is old and nobody holds it", () => {
  expect(detect({})).toMatchObject([{ reason: "no_such_slot", repoName: "demo", ageHours: 24 }]);
  expect(detect({ modifiedAt: hoursBefore(23.9) })).toEqual([]);
  expect(detect({ isFree: false })).toEqual([]);
});

test("a lock file of a slot that exists is normal, however old", () => {
  expect(detect({ slotId: "workspace-demo-slot1", modifiedAt: hoursBefore(10_000) })).toEqual([]);
});

test("an old lock directory is orphaned, also of a slot that exists", () => {
  const directory = { entryKind: "directory" as const, isFree: false };
  expect(detect({ ...directory, slotId: "workspace-demo-slot1" })).toMatchObject([
    { reason: "stale_lock_directory" },
  ]);
  expect(detect(directory)).toMatchObject([{ reason: "no_such_slot" }]);
  expect(detect({ ...directory, modifiedAt: hoursBefore(1) })).toEqual([]);
});
