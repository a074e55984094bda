import { expect, test } from "vitest";
import {
  detectOrphanedLocks,
  type LockCandidate,
  type LockInventory,
} from "../../src/anomalies/detect-orphaned-locks.ts";
import { hoursBefore, inspectionTime } from "../kit/an-inspection.ts";

const whole: LockInventory = {
  slotIds: new Set(["workspace-demo-slot1"]),
  isWhole: true,
  otherNames: [],
};

function detect(given: Partial<LockCandidate>, inventory: Partial<LockInventory> = {}) {
  const lock: LockCandidate = {
    slotId: "workspace-demo-slot9",
    path: "/pools/locks/workspace-demo-slot9.lock",
    entryKind: "file",
    ownerUid: 1000,
    modifiedAt: hoursBefore(24),
    isFree: true,
    ...given,
  };
  return detectOrphanedLocks([lock], { ...whole, ...inventory }, { staleLockHours: 24, now: inspectionTime });
}

test("a lock of a slot that does not exist is orphaned once it is old and nobody holds it", () => {
  expect(detect({})).toMatchObject([
    { reason: "no_such_slot", repoName: "demo", ownerUid: 1000, ageHours: 24 },
  ]);
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

test("no lock is judged while any pool was not read", () => {
  const directory = { entryKind: "directory" as const, isFree: false };
  for (const lock of [{}, directory, { ...directory, slotId: "workspace-demo-slot1" }])
    expect(detect(lock, { isWhole: false })).toEqual([]);
});

test("a lock is not judged if its name cannot be a slot's", () => {
  for (const slotId of ["agent", "workspace-.hidden-slot1", "workspace-demo-slot0", "workspace-locks-slot1"])
    expect(detect({ slotId })).toEqual([]);
});

test("a lock is not judged while something else of its pool's name is there: a pool that is being made, or a link", () => {
  expect(detect({ slotId: "workspace-my pool-slot9" }, { otherNames: ["my pool"] })).toEqual([]);
  expect(detect({ slotId: "workspace-my pool-slot9" })).toMatchObject([{ repoName: "my pool" }]);
});
