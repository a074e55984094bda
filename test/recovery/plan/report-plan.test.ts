import { expect, test } from "vitest";
import type { RecoveryPlan, SlotPlan } from "../../../src/recovery/plan/recovery-plan.ts";
import { refusedPlan } from "../../../src/recovery/plan/refused-plan.ts";
import { reportPlan } from "../../../src/recovery/plan/report-plan.ts";
import { recoverySteps } from "../../../src/recovery/steps/step-registry.ts";
import { createRecoverReport } from "../../../src/views/recover-report.ts";
import { describePlan } from "../../../src/views/plan-lines.ts";
import { aTarget, planOf, slot, someFacts, someGoals } from "./plan-kit.ts";

function actionsOf(plan: SlotPlan) {
  return reportPlan({ slots: [plan], lockMoves: [], errors: [] }).actions;
}

test("a plan is told step by step, with what ends the tries", () => {
  const actions = actionsOf(planOf({ facts: someFacts(["head_invalid"]) }));
  expect(actions).toMatchObject([
    { action: "restore_links", outcome: "planned", purpose: "repair", endsWhen: "check_passes" },
    { action: "reclone", outcome: "planned", purpose: "repair", endsWhen: "check_passes" },
    { action: "isolate", outcome: "planned", purpose: "isolate", endsWhen: "step_done" },
  ]);
});

test("a run stops at a refused step, and so does what is told of its plan", () => {
  const diskSpace = { reason: "disk_space", detail: "1 MiB free", data: { secret: true } } as const;
  const actions = actionsOf(planOf({ facts: someFacts(["head_invalid"]), guards: { diskSpace } }));
  expect(actions).toHaveLength(2);
  expect(actions[1]).toMatchObject({
    outcome: "planned",
    refusedNow: { reason: "disk_space", detail: "1 MiB free" },
    detail: expect.stringContaining("refused now (disk_space): 1 MiB free") as string,
  });
  expect(actions[1]?.refusedNow).not.toHaveProperty("data");
});

test("a slot whose first step is refused is refused, as in a run that acts", () => {
  const everyStep = { reason: "paused", detail: "paused by ann" } as const;
  expect(actionsOf(planOf({ facts: someFacts(["head_invalid"]), guards: { everyStep } }))).toMatchObject([
    { action: "restore_links", outcome: "refused", reason: "paused", detail: "paused by ann" },
  ]);
  const repair = { kind: "corrupted_slot", ...slot, reasons: ["index_corrupt"], detail: "index" } as const;
  expect(actionsOf(refusedPlan(aTarget({ repair }), everyStep, recoverySteps))).toMatchObject([
    { action: "rebuild_index", outcome: "refused", reason: "paused" },
  ]);
});

test("what would hold an unattended run back is told once, with the first step", () => {
  const notice = { reason: "cooldown", detail: "waits" } as const;
  const actions = actionsOf({ ...planOf({ facts: someFacts(["head_invalid"]) }), notice });
  expect(actions.map(({ detail }) => detail.includes("continued despite cooldown (waits)"))).toEqual([
    true,
    false,
    false,
  ]);
});

test("nothing counts as done, and what could not be looked at is an error", () => {
  const plan: RecoveryPlan = {
    slots: [],
    lockMoves: [],
    errors: [{ repoName: "demo", message: "unreadable" }],
  };
  expect(reportPlan(plan)).toEqual({
    ...{ longAllocatedReleased: 0, corruptedRecovered: 0, corruptedIsolated: 0, orphanedLocksCleaned: 0 },
    ...{ errors: ["unreadable"], actions: [], dryRun: true },
  });
});

test("people read a plan slot by slot, in its order", () => {
  const report = reportPlan({
    slots: [planOf({ facts: someFacts(["head_invalid"]) })],
    lockMoves: [],
    errors: [],
  });
  expect(describePlan(createRecoverReport(report).actions)).toEqual([
    "  workspace-demo-slot1: tried in this order until the check passes",
    "    1. restore_links (head_invalid): until the check that reported the slot passes",
    "    2. reclone (head_invalid): until the check that reported the slot passes",
    "    3. isolate (head_invalid): if the check still fails",
  ]);
});

test("a release waits for the check of a repair, and saves work first if it stands alone", () => {
  const release = { release: "allocation_too_old", endsAllocation: true };
  const detailOf = (plan: SlotPlan) => actionsOf(plan).find(({ action }) => action === "release")?.detail;
  expect(detailOf(planOf({ facts: someFacts(["head_invalid"]), goals: someGoals(release) }))).toBe(
    "once the check passes",
  );
  expect(detailOf(planOf({ facts: someFacts([]), goals: someGoals(release) }))).toBe(
    "work is saved, then the slot is cleaned",
  );
});

test("a forced release comes if the check still fails, and is told so", () => {
  const plan = planOf({ facts: someFacts(["head_invalid"]), goals: someGoals({ force: true }) });
  expect(actionsOf(plan).find(({ purpose }) => purpose === "force")?.detail).toBe("if the check still fails");
});
