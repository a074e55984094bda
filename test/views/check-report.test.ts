import { expect, test } from "vitest";
import { checkExitCode, createCheckReport } from "../../src/views/check-report.ts";
import { aPool, aSnapshot } from "../kit/a-snapshot.ts";

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

test("a pool whose slots cannot be judged ends check with 1, any other problem with 0", () => {
  const withProblem = (code: "main_repo_head_invalid" | "timezone_mismatch") =>
    aSnapshot({ pools: [aPool({ problems: [{ code, detail: "" }] })] });
  expect(checkExitCode(withProblem("main_repo_head_invalid"))).toBe(1);
  expect(checkExitCode(withProblem("timezone_mismatch"))).toBe(0);
});

test("states that no slot is in are left out, and an unknown number of slots is null", () => {
  const [pool] = createCheckReport(aSnapshot({ pools: [aPool({ numSlots: undefined })] })).pools;
  expect(pool).toMatchObject({ num_slots: null, states: { available: 1 } });
  expect(Object.keys(pool!.states)).toEqual(["available"]);
});
