import { expect, test } from "vitest";
import type { Snapshot } from "../../src/anomalies/snapshot.ts";
import { checkExitCode, createCheckReport } from "../../src/views/check-report.ts";
import { createRecoverReport, recoverExitCode } from "../../src/views/recover-report.ts";
import type { ActionReport, RecoveryReport } from "../../src/recovery/recovery-report.ts";

const now = new Date("2026-01-02T03:04:05.000Z");

function aSnapshot(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    checkedAt: now,
    durationSeconds: 0.02,
    isDeep: false,
    pools: [],
    anomalies: { longAllocatedSlots: [], corruptedSlots: [], orphanedLocks: [] },
    isolatedSlots: [],
    errors: [],
    filesystem: undefined,
    ...changes,
  };
}

const aCorruptedPool = aSnapshot({
  anomalies: {
    longAllocatedSlots: [],
    corruptedSlots: [
      {
        kind: "corrupted_slot",
        slotId: "workspace-demo-slot1",
        repoName: "demo",
        reasons: ["head_invalid"],
        detail: "HEAD is empty",
      },
    ],
    orphanedLocks: [],
  },
  errors: [{ code: "slot_uninspectable", slotId: "workspace-demo-slot2", detail: "permission denied" }],
});

function aReport(changes: Partial<RecoveryReport> = {}): RecoveryReport {
  return {
    longAllocatedReleased: 0,
    corruptedRecovered: 0,
    corruptedIsolated: 0,
    orphanedLocksCleaned: 0,
    errors: [],
    dryRun: false,
    actions: [],
    ...changes,
  };
}

const anAction: ActionReport = {
  slotId: "workspace-demo-slot1",
  repoName: "demo",
  action: "reclone",
  outcome: "refused",
  reason: "lock_held",
  detail: "held by 42",
  durationSeconds: 0.1,
};

test("check reports a corrupted slot with its reasons and what could not be looked at", () => {
  const report = createCheckReport(aCorruptedPool);
  expect(report.corrupted_slots).toEqual([
    {
      slot_id: "workspace-demo-slot1",
      repo_name: "demo",
      reasons: ["head_invalid"],
      detail: "HEAD is empty",
    },
  ]);
  expect(report.errors).toEqual([
    { code: "slot_uninspectable", slot_id: "workspace-demo-slot2", detail: "permission denied" },
  ]);
});

test("an anomaly wins over what could not be looked at", () => {
  expect(checkExitCode(aCorruptedPool)).toBe(3);
});

test("what could not be looked at alone ends check with 1, and nothing at all with 0", () => {
  expect(checkExitCode(aSnapshot({ errors: aCorruptedPool.errors }))).toBe(1);
  expect(checkExitCode(aSnapshot())).toBe(0);
});

test("a guard's refusal is no failure", () => {
  expect(recoverExitCode(aReport({ actions: [anAction] }))).toBe(0);
});

test("what ended badly and an isolated slot end recover with 1, a step that a later one made good does not", () => {
  expect(recoverExitCode(aReport({ actions: [{ ...anAction, outcome: "failed" }] }))).toBe(0);
  expect(recoverExitCode(aReport({ errors: ["slot1 was not repaired"] }))).toBe(1);
  expect(recoverExitCode(aReport({ corruptedIsolated: 1 }))).toBe(1);
});

test("salvage_id is printed only where work was saved", () => {
  const saved = { ...anAction, salvageId: "s1" };
  const { actions } = createRecoverReport(aReport({ actions: [anAction, saved] }));
  expect(actions.map((action) => "salvage_id" in action)).toEqual([false, true]);
});
