import { expect, test } from "vitest";
import type { JournalEntry } from "../../../src/journal/journal-entry.ts";
import { RecoveryMemory } from "../../../src/recovery/guards/recovery-memory.ts";
import { refuseUnattended } from "../../../src/recovery/guards/unattended-guards.ts";
import { aSlotSnapshot, aSnapshotOf } from "../../http/fake-http-dependencies.ts";

const now = new Date("2026-05-04T12:00:00Z");
const limits = { budgetPerHour: 3, cooldownSeconds: 600, maxUnhealthyRatio: 0.5, stormCooldownSeconds: 3600 };
const slot = { slotId: "workspace-demo-slot1", repoName: "demo" };

let runCount = 0;

function anOutcome(minutesAgo: number, given: Partial<JournalEntry> = {}): JournalEntry {
  return {
    schema_version: 1,
    at: new Date(now.getTime() - minutesAgo * 60_000).toISOString(),
    kind: "outcome",
    recovery_id: `run-${runCount++}`,
    trigger: "alert",
    mode: "live",
    slot_id: slot.slotId,
    action: "reclone",
    outcome: "failed",
    ...given,
  };
}

function aSnapshotWith(corrupted: number, slots: number) {
  const corruptedSlots = Array.from({ length: corrupted }, (_, index) => ({
    kind: "corrupted_slot" as const,
    slotId: `workspace-demo-slot${index + 1}`,
    repoName: "demo",
    reasons: ["head_invalid" as const],
    detail: "",
  }));
  const snapshot = aSnapshotOf(
    Array.from({ length: slots }, (_, index) => aSlotSnapshot({ slotId: `workspace-demo-slot${index + 1}` })),
  );
  return { ...snapshot, anomalies: { ...snapshot.anomalies, corruptedSlots } };
}

function judge(journal: JournalEntry[], snapshot = aSnapshotWith(1, 4)) {
  const memory = new RecoveryMemory({ readNew: () => journal });
  memory.refresh();
  return refuseUnattended(slot, { snapshot, memory, now, runId: "this-run" }, limits)?.reason;
}

test("a slot without a past may be acted on", () => {
  expect(judge([])).toBeUndefined();
});

test("a failed recovery is not repeated within the cooldown, and is after it", () => {
  expect(judge([anOutcome(9)])).toBe("cooldown");
  expect(judge([anOutcome(11)])).toBeUndefined();
});

test("each failure in a row doubles the wait, and a success ends it", () => {
  expect(judge([anOutcome(40), anOutcome(15)])).toBe("cooldown");
  expect(judge([anOutcome(40), anOutcome(21)])).toBeUndefined();
  const recovered = anOutcome(8, { outcome: "done", data: { recovered: true } });
  expect(judge([anOutcome(9), recovered])).toBeUndefined();
});

test("several failed steps of one run are one failure", () => {
  const steps = ["a", "a", "a"].map((recovery_id) => anOutcome(12, { recovery_id }));
  expect(judge(steps)).toBeUndefined();
  expect(judge([anOutcome(60), ...steps])).toBe("cooldown");
});

test("a step that helped in part does not end the wait after the run failed", () => {
  const recovery_id = "a";
  const past = [anOutcome(9, { recovery_id, outcome: "done" }), anOutcome(9, { recovery_id })];
  expect(judge(past)).toBe("cooldown");
  expect(judge([...past, anOutcome(8, { outcome: "done" })])).toBe("cooldown");
});

test("a person's refusals, dry runs and lines that only count are no failures", () => {
  expect(judge([anOutcome(1, { outcome: "refused" })])).toBeUndefined();
  expect(judge([anOutcome(1, { mode: "dry_run" })])).toBeUndefined();
  expect(judge([anOutcome(1, { count: 7 })])).toBeUndefined();
});

test("a pool is left alone for a while after a storm, and a refusal in that time does not lengthen it", () => {
  const storm = { outcome: "refused", reason: "storm", repo_name: "demo" };
  const observed = anOutcome(59, { ...storm, data: { observed: true } });
  expect(judge([observed])).toBe("storm");
  expect(judge([{ ...observed, at: anOutcome(61).at }, anOutcome(5, storm)])).toBeUndefined();
  expect(judge([{ ...observed, repo_name: "other" }])).toBeUndefined();
});

test("a failure in the future, after the clock was set back, stops nothing", () => {
  expect(judge([anOutcome(-60)])).toBeUndefined();
});

test("the budget counts recoveries of the last hour, also of one slot, and a run goes on with what it has begun", () => {
  const others = ["2", "3", "4"].map((number) =>
    anOutcome(30, { slot_id: `workspace-demo-slot${number}`, outcome: "done" }),
  );
  expect(judge(others)).toBe("budget");
  const again = [30, 25, 20].map((minutesAgo) => anOutcome(minutesAgo, { outcome: "done" }));
  expect(judge(again)).toBe("budget");
  const steps = [30, 25, 20].map((minutesAgo) =>
    anOutcome(minutesAgo, { outcome: "done", recovery_id: "one" }),
  );
  expect(judge(steps)).toBeUndefined();
  const begun = anOutcome(1, { outcome: "no_effect", recovery_id: "this-run" });
  expect(judge([...others.slice(1), begun])).toBeUndefined();
  expect(judge(others.map((entry) => ({ ...entry, at: anOutcome(61).at })))).toBeUndefined();
});

test("more than half of a pool, and three slots at least, are a storm", () => {
  expect(judge([], aSnapshotWith(3, 5))).toBe("storm");
  expect(judge([], aSnapshotWith(3, 6))).toBeUndefined();
  expect(judge([], aSnapshotWith(2, 2))).toBeUndefined();
});

test("recoveries that lie in the future, of a clock that was set back since, use up no budget", () => {
  const others = (minutesAgo: number) =>
    [1, 2, 3].map((number) =>
      anOutcome(minutesAgo, { slot_id: `workspace-demo-slot${number + 1}`, outcome: "done" }),
    );
  expect(judge(others(30))).toBe("budget");
  expect(judge(others(-30 * 24 * 60))).toBeUndefined();
});

test("reclaimed slots spend nothing of the budget for recoveries", () => {
  const reclaimed = ["2", "3", "4"].map((name) =>
    anOutcome(30, { slot_id: `agents-api-${name}-012345`, outcome: "done", action: "reclaim" }),
  );
  expect(judge(reclaimed)).toBeUndefined();
});
