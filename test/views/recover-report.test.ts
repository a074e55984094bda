import { expect, test } from "vitest";
import type { ActionReport, RecoveryReport } from "../../src/recovery/recovery-report.ts";
import { createRecoverReport, isolateExitCode, recoverExitCode } from "../../src/views/recover-report.ts";

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

test.each(["paused", "lock_held", "allocation_alive", "disk_space", "allocated"])(
  "what %s refused ends recover with 4, and with 1 if something else failed",
  (reason) => {
    const refused = { ...anAction, reason };
    expect(recoverExitCode(aReport({ actions: [refused] }))).toBe(4);
    expect(recoverExitCode(aReport({ actions: [refused], corruptedRecovered: 1 }))).toBe(4);
    expect(recoverExitCode(aReport({ actions: [refused], errors: ["slot2 was not repaired"] }))).toBe(1);
  },
);

test("a refusal is made good by a later step of that slot alone, and a fault that is gone needs none", () => {
  const done = { ...anAction, action: "refetch_objects", outcome: "done" } as const;
  expect(recoverExitCode(aReport({ actions: [anAction, done] }))).toBe(0);
  expect(recoverExitCode(aReport({ actions: [done, anAction] }))).toBe(4);
  expect(recoverExitCode(aReport({ actions: [anAction, { ...done, slotId: "another" }] }))).toBe(4);
  expect(recoverExitCode(aReport({ actions: [{ ...anAction, reason: "fault_gone" }] }))).toBe(0);
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

test("isolate ends with 1 if the slot was refused, and with 0 if it was done", () => {
  expect(isolateExitCode(aReport({ actions: [anAction] }))).toBe(1);
  expect(isolateExitCode(aReport({ actions: [{ ...anAction, outcome: "done" }] }))).toBe(0);
  expect(isolateExitCode(aReport({ errors: ["the slot is not there"] }))).toBe(1);
});
