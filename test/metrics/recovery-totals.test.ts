import { expect, test } from "vitest";
import { renderSample } from "../../src/metrics/exposition-lines.ts";
import { sampleRecovery } from "../../src/metrics/recovery-samples.ts";
import { addJournalLines, noRecoveryTotals, type JournalLine } from "../../src/metrics/recovery-totals.ts";

function aLine(given: Partial<JournalLine> = {}): JournalLine {
  return {
    at: "2026-05-04T12:00:00.000Z",
    kind: "outcome",
    trigger: "alert",
    mode: "live",
    repo_name: "demo",
    action: "reclone",
    outcome: "done",
    reason: "head_invalid",
    duration_seconds: 2,
    ...given,
  };
}

const aRun = (results: unknown, given: Partial<JournalLine> = {}): JournalLine =>
  aLine({ kind: "run_finished", data: { results }, ...given });

/** The series of these journal lines that are not 0. */
function seriesOf(lines: readonly JournalLine[], pools = ["demo"]): string[] {
  return [...sampleRecovery(addJournalLines(noRecoveryTotals, lines), pools)]
    .filter(({ value, suffix }) => value !== 0 && suffix !== "_bucket")
    .map((sample) => renderSample(sample).trimEnd().replace("repo_pool_", ""));
}

test("an executed action counts once with its duration", () => {
  expect(seriesOf([aLine()])).toEqual([
    'recovery_actions_total{action="reclone",mode="live"} 1',
    'recovery_action_duration_seconds_sum{action="reclone"} 2',
    'recovery_action_duration_seconds_count{action="reclone"} 1',
  ]);
});

test("an action that did not help counts as executed, a failed one as executed and failed", () => {
  const series = seriesOf([aLine({ outcome: "no_effect" }), aLine({ outcome: "failed" })]);
  expect(series).toContain('recovery_actions_total{action="reclone",mode="live"} 2');
  expect(series).toContain('recovery_action_failures_total{action="reclone",mode="live"} 1');
});

test("a refused action counts as skipped alone", () => {
  expect(seriesOf([aLine({ outcome: "refused", reason: "lock_held" })])).toEqual([
    'recovery_skipped_total{action="reclone",reason="lock_held"} 1',
  ]);
});

test("a planned action counts as a dry run without a duration", () => {
  expect(seriesOf([aLine({ outcome: "planned", mode: "dry_run" })])).toEqual([
    'recovery_actions_total{action="reclone",mode="dry_run"} 1',
  ]);
});

test("a finished run counts its trigger, its time and its pools' five results", () => {
  const results = {
    demo: {
      long_allocated_released: 1,
      corrupted_recovered: 2,
      corrupted_isolated: 3,
      orphaned_locks_cleaned: 4,
    },
  };
  expect(seriesOf([aRun(results)])).toEqual([
    'recovery_runs_total{trigger="alert"} 1',
    'recovery_last_run_timestamp_seconds{trigger="alert"} 1777896000',
    'recovery_slots_released_total{pool="demo"} 1',
    'recovery_slots_recovered_total{pool="demo"} 2',
    'recovery_slots_isolated_total{pool="demo"} 3',
    'recovery_locks_cleaned_total{pool="demo"} 4',
  ]);
});

test("a run with errors counts as failed", () => {
  const series = seriesOf([aRun({ demo: { errors: 2 } })]);
  expect(series).toContain('recovery_run_failures_total{trigger="alert"} 1');
  expect(series).toContain('recovery_errors_total{pool="demo"} 2');
});

test("a salvage counts for its pool, and one that stays incomplete counts as failed", () => {
  const series = seriesOf([
    aLine({ salvage_id: "s1" }),
    aLine({ outcome: "refused", reason: "salvage_incomplete" }),
  ]);
  expect(series).toContain('salvages_total{pool="demo"} 1');
  expect(series).toContain('salvage_failures_total{pool="demo"} 1');
});

test("locks of pools that do not exist are counted without their name", () => {
  const series = seriesOf([aRun({ ghost: { orphaned_locks_cleaned: 2, corrupted_isolated: 1 } })]);
  expect(series.filter((line) => line.includes("pool="))).toEqual([
    'recovery_locks_cleaned_total{pool=""} 2',
  ]);
});

test("words of a newer program and data of another form are passed over", () => {
  const lines = [
    aLine({ action: "teleport" }),
    aLine({ outcome: "refused", reason: "bad_weather" }),
    aLine({ mode: "imagined" }),
    aRun("none", { trigger: "comet" }),
    aRun({ demo: { errors: "many", corrupted_isolated: -3 } }, { trigger: "comet" }),
    aLine({ kind: "intent" }),
  ];
  expect(seriesOf(lines)).toEqual([]);
});

test("totals taken up line by line are those of the whole journal", () => {
  const lines = [aLine(), aRun({ demo: { errors: 1 } }), aLine({ outcome: "failed", duration_seconds: 400 })];
  const oneByOne = lines.reduce((totals, line) => addJournalLines(totals, [line]), noRecoveryTotals);
  expect(oneByOne).toEqual(addJournalLines(noRecoveryTotals, lines));
});

test("every closed combination starts at 0", () => {
  const samples = [...sampleRecovery(noRecoveryTotals, ["demo"])];
  expect(samples.every(({ value }) => value === 0)).toBe(true);
  expect(samples.filter(({ metric }) => metric.name === "repo_pool_recovery_skipped_total")).toHaveLength(
    13 * 24,
  );
});
