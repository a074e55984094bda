import { expect, test } from "vitest";
import { SnapshotService, type Inspection } from "../../src/anomalies/snapshot-service.ts";
import { defaultThresholds } from "../kit/default-thresholds.ts";
import type { LockFacts } from "../../src/pool/locks/lock-inspection.ts";
import {
  aFinding,
  anInspection,
  aReading,
  aSlotOnDisk,
  hoursBefore,
  inspectionTime,
} from "../kit/an-inspection.ts";

const clock = { now: () => inspectionTime, sleep: () => Promise.resolve() };
const inspection = {
  ...{ workspacesDir: "/pools", stateDir: "/state", timeZone: "UTC", clock },
  ...{ deepTimeoutSeconds: 1, heartbeatMaxAgeSeconds: 600 },
};
const service = new SnapshotService({ inspection, thresholds: defaultThresholds });

function aLock(number: number, given: Partial<LockFacts> = {}): LockFacts {
  const slotId = `workspace-demo-slot${number}`;
  const path = `/pools/locks/${slotId}.lock`;
  return {
    ...{ slotId, path, entryKind: "file", inode: number, ownerUid: 1000, modifiedAt: hoursBefore(30) },
    holder: { kind: "none" },
    ...given,
  };
}

/** One pool with one slot, in two seconds. */
function facts(given: Partial<Inspection> = {}): Inspection {
  const slot = aSlotOnDisk({
    reading: aReading({ state: "allocated", lastAllocatedAt: hoursBefore(30), updatedAt: hoursBefore(30) }),
  });
  const pool = {
    ...{ repoName: "demo", directory: "/pools/demo", layout: "clone" as const, record: undefined },
    ...{ repoUrl: undefined, slots: [slot], problems: [] },
  };
  return {
    pools: [{ pool, inspections: [anInspection({ slot, findings: [aFinding("head_invalid")] })] }],
    ...{ locks: [], problems: [], errors: [], filesystem: undefined },
    inventory: {
      ...{ isReadable: true, isWhole: true, knownPools: ["demo"], gonePools: [], otherNames: [] },
    },
    ...{ verifications: new Map([["probe", 1]]), verificationFailures: new Map() },
    ...{ endedAt: inspectionTime, durationSeconds: 2 },
    ...given,
  };
}

test("facts are judged at the time when the look ended, with its counts", async () => {
  const snapshot = await service.judge(facts(), {});
  expect(snapshot).toMatchObject({ checkedAt: inspectionTime, durationSeconds: 2, isDeep: false });
  expect(snapshot.verifications).toEqual(new Map([["probe", 1]]));
  expect(snapshot.anomalies.corruptedSlots).toMatchObject([{ reasons: ["head_invalid"] }]);
});

test("a scope's thresholds win over the configured ones", async () => {
  const found = async (scope: object) => (await service.judge(facts({ locks: [aLock(9)] }), scope)).anomalies;
  expect((await found({})).longAllocatedSlots).toHaveLength(1);
  expect((await found({ maxAllocationHours: 48 })).longAllocatedSlots).toEqual([]);
  expect((await found({})).orphanedLocks).toMatchObject([{ slotId: "workspace-demo-slot9", ageHours: 30 }]);
  expect((await found({ staleLockHours: 31 })).orphanedLocks).toEqual([]);
});

test("the lock of a slot that exists is no orphan, and its holders are told", async () => {
  const holders = [{ pid: 42, command: "agent" }];
  const held = aLock(1, { holder: { kind: "held", processes: holders } });
  const snapshot = await service.judge(facts({ locks: [held] }), {});
  expect(snapshot.anomalies.orphanedLocks).toEqual([]);
  expect(snapshot.pools[0]?.slots[0]?.lock).toEqual({ kind: "held", holders });
});

test.each([
  ["no lock", [], [], { kind: "free" }, false],
  ["a lock file that nobody holds", [aLock(1)], [], { kind: "free" }, false],
  [
    "a young lock directory",
    [aLock(1, directoryOf(hoursBefore(1)))],
    [],
    { kind: "held", holders: [] },
    true,
  ],
  ["an old lock directory", [aLock(1, directoryOf(hoursBefore(30)))], [], { kind: "free" }, true],
  ["a young index.lock", [], ["index.lock"], { kind: "free" }, true],
  ["a lock of housekeeping", [], ["objects/maintenance.lock"], { kind: "free" }, false],
])(
  "a slot with %s is told whether an allocation would stop there",
  async (_what, locks, names, lock, isBlocked) => {
    const { pool } = facts().pools[0] ?? {};
    const [slot] = pool?.slots ?? [];
    if (pool === undefined || slot === undefined) throw new Error("no slot");
    const gitDirectory = `${slot.path}/.git`;
    const gitLocks = names.map((name) => ({
      path: `${gitDirectory}/${name}`,
      modifiedAt: inspectionTime,
      inode: 1,
    }));
    const directories = { gitDirectory, commonDirectory: gitDirectory };
    const inspected = anInspection({ slot, gitLocks, directories });
    const snapshot = await service.judge(facts({ locks, pools: [{ pool, inspections: [inspected] }] }), {});
    expect(snapshot.pools[0]?.slots[0]).toMatchObject({ lock, isBlocked });
  },
);

function directoryOf(modifiedAt: Date): Partial<LockFacts> {
  return { entryKind: "directory", modifiedAt };
}
