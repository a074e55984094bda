import { recoveryModes, triggers, type RecoveryMode, type Trigger } from "../journal/trigger.ts";
import {
  recoveryActions,
  refusalReasons,
  type RecoveryAction,
  type RefusalReason,
} from "../recovery/recovery-action.ts";
import { recoveryMetrics } from "./catalogue.ts";
import { asOneOf } from "../platform/stored-fields.ts";

/** What the totals need of a line of the journal. */
export interface JournalLine {
  readonly at: string;
  readonly kind: string;
  readonly trigger: string;
  readonly mode: string;
  readonly repo_name?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly duration_seconds?: number;
  readonly salvage_id?: string;
  /** Of a shortened line: `total_duration_seconds` of all that it stands for. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** How many lines a shortened one stands for; its results are sums already. */
  readonly count?: number;
}

export interface TriggerTotals {
  readonly runs: number;
  readonly runFailures: number;
  /** Seconds since 1970; 0 before the first run. */
  readonly lastRunAtSeconds: number;
}

/** The guide's five results, and the salvages. */
export const poolResults = [
  "slotsReleased",
  "slotsRecovered",
  "slotsIsolated",
  "locksCleaned",
  "recoveryErrors",
  "salvages",
  "salvageFailures",
] as const;
export type PoolResults = Readonly<Record<(typeof poolResults)[number], number>>;

export interface ActionTotals {
  readonly executed: Readonly<Record<RecoveryMode, number>>;
  readonly failed: Readonly<Record<RecoveryMode, number>>;
  readonly skipped: ReadonlyMap<RefusalReason, number>;
  /** How many took no longer than each bound of the histogram, in its order. */
  readonly durationBuckets: readonly number[];
  readonly durationCount: number;
  readonly durationSumSeconds: number;
}

/** All that the journal tells about recoveries, summed. */
export interface RecoveryTotals {
  readonly triggers: ReadonlyMap<Trigger, TriggerTotals>;
  readonly pools: ReadonlyMap<string, PoolResults>;
  readonly actions: ReadonlyMap<RecoveryAction, ActionTotals>;
}

export const noTriggerTotals: TriggerTotals = { runs: 0, runFailures: 0, lastRunAtSeconds: 0 };

export const noPoolResults: PoolResults = {
  slotsReleased: 0,
  slotsRecovered: 0,
  slotsIsolated: 0,
  locksCleaned: 0,
  recoveryErrors: 0,
  salvages: 0,
  salvageFailures: 0,
};

const durationBounds = recoveryMetrics.actionDuration.buckets;

export const noActionTotals: ActionTotals = {
  executed: { live: 0, dry_run: 0 },
  failed: { live: 0, dry_run: 0 },
  skipped: new Map(),
  durationBuckets: durationBounds.map(() => 0),
  durationCount: 0,
  durationSumSeconds: 0,
};

export const noRecoveryTotals: RecoveryTotals = {
  triggers: new Map(),
  pools: new Map(),
  actions: new Map(),
};

/** The totals after these further lines. Unknown actions or outcomes of a newer program are ignored. */
export function addJournalLines(totals: RecoveryTotals, lines: readonly JournalLine[]): RecoveryTotals {
  if (lines.length === 0) return totals;
  const sums = {
    triggers: new Map(totals.triggers),
    pools: new Map(totals.pools),
    actions: new Map(totals.actions),
  };
  for (const line of lines) {
    if (line.kind === "run_finished") addRun(sums, line);
    else if (line.kind === "outcome") addOutcome(sums, line);
  }
  return sums;
}

interface Sums {
  readonly triggers: Map<Trigger, TriggerTotals>;
  readonly pools: Map<string, PoolResults>;
  readonly actions: Map<RecoveryAction, ActionTotals>;
}

function addRun(sums: Sums, line: JournalLine): void {
  const results = readResults(line.data);
  for (const [repoName, counts] of results) addPoolResults(sums, repoName, counts);
  const trigger = asOneOf(triggers, line.trigger);
  if (trigger === undefined) return;
  const before = sums.triggers.get(trigger) ?? noTriggerTotals;
  const hasErrors = results.some(([, counts]) => counts.recoveryErrors > 0);
  const at = Date.parse(line.at) / 1000;
  sums.triggers.set(trigger, {
    runs: before.runs + linesOf(line),
    runFailures: before.runFailures + (hasErrors ? linesOf(line) : 0),
    lastRunAtSeconds: Number.isFinite(at) ? Math.max(before.lastRunAtSeconds, at) : before.lastRunAtSeconds,
  });
}

function readResults(data: JournalLine["data"]): [string, PoolResults][] {
  return entriesOf(data?.["results"]).map(([repoName, value]) => [repoName, readPoolResults(value)]);
}

function readPoolResults(value: unknown): PoolResults {
  const counts = new Map(entriesOf(value));
  return {
    ...noPoolResults,
    slotsReleased: countOf(counts.get("long_allocated_released")),
    slotsRecovered: countOf(counts.get("corrupted_recovered")),
    slotsIsolated: countOf(counts.get("corrupted_isolated")),
    locksCleaned: countOf(counts.get("orphaned_locks_cleaned")),
    recoveryErrors: countOf(counts.get("errors")),
  };
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

function countOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}

function addPoolResults(sums: Sums, repoName: string, counts: Partial<PoolResults>): void {
  const after = { ...(sums.pools.get(repoName) ?? noPoolResults) };
  for (const result of poolResults) after[result] += counts[result] ?? 0;
  sums.pools.set(repoName, after);
}

function addOutcome(sums: Sums, line: JournalLine): void {
  const action = asOneOf(recoveryActions, line.action);
  if (action === undefined) return;
  const isIncomplete = line.outcome === "refused" && line.reason === "salvage_incomplete";
  const hasFailedSalvage = action === "salvage" && line.outcome === "failed";
  addPoolResults(sums, line.repo_name ?? "", {
    salvages: line.salvage_id === undefined ? 0 : linesOf(line),
    salvageFailures: isIncomplete || hasFailedSalvage ? linesOf(line) : 0,
  });
  const before = sums.actions.get(action) ?? noActionTotals;
  sums.actions.set(action, addActionOutcome(before, line));
}

function addActionOutcome(before: ActionTotals, line: JournalLine): ActionTotals {
  if (line.outcome === "refused") {
    const reason = asOneOf(refusalReasons, line.reason);
    if (reason === undefined) return before;
    return { ...before, skipped: increased(before.skipped, reason, linesOf(line)) };
  }
  const mode = line.outcome === "planned" ? "dry_run" : asOneOf(recoveryModes, line.mode);
  if (mode === undefined) return before;
  const executed = { ...before.executed, [mode]: before.executed[mode] + linesOf(line) };
  if (line.outcome === "planned") return { ...before, executed };
  const failed =
    line.outcome === "failed"
      ? { ...before.failed, [mode]: before.failed[mode] + linesOf(line) }
      : before.failed;
  return { ...addDuration(before, line), executed, failed };
}

function addDuration(before: ActionTotals, line: JournalLine): ActionTotals {
  const durationSeconds = countOf(line.duration_seconds);
  const total = line.data?.["total_duration_seconds"];
  return {
    ...before,
    durationBuckets: before.durationBuckets.map((count, index) =>
      durationSeconds <= (durationBounds[index] ?? 0) ? count + linesOf(line) : count,
    ),
    durationCount: before.durationCount + linesOf(line),
    durationSumSeconds:
      before.durationSumSeconds + (line.count === undefined ? durationSeconds : countOf(total)),
  };
}

function linesOf({ count }: JournalLine): number {
  return count === undefined ? 1 : countOf(count);
}

function increased<Key>(counts: ReadonlyMap<Key, number>, key: Key, by: number): Map<Key, number> {
  return new Map(counts).set(key, (counts.get(key) ?? 0) + by);
}
