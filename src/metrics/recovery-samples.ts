import { recoveryModes, triggers } from "../journal/trigger.ts";
import { recoveryActions, refusalReasons } from "../recovery/recovery-action.ts";
import { poolStateMetrics, recoveryMetrics as metrics } from "./catalogue.ts";
import {
  noActionTotals,
  noPoolResults,
  noTriggerTotals,
  poolResults,
  type ActionTotals,
  type RecoveryTotals,
} from "./recovery-totals.ts";
import { sample, type Sample } from "./sample.ts";

/** What holds recovery of a pool back, between collections. */
export interface PoolStates {
  readonly paused: ReadonlySet<string>;
  readonly storm: ReadonlySet<string>;
}

export const noPoolStates: PoolStates = { paused: new Set(), storm: new Set() };

/** Every pool of the last collection has its two series, so that an alert sees a pause end. */
export function* samplePoolStates(states: PoolStates, pools: readonly string[]): Generator<Sample> {
  for (const pool of pools) {
    yield sample(poolStateMetrics.recoveryPaused, states.paused.has(pool) ? 1 : 0, { pool });
    yield sample(poolStateMetrics.recoveryStorm, states.storm.has(pool) ? 1 : 0, { pool });
  }
}

/** Every combination of the closed sets, from 0, and the results of the pools of the last collection. */
export function* sampleRecovery(totals: RecoveryTotals, pools: readonly string[]): Generator<Sample> {
  for (const trigger of triggers) {
    const { runs, runFailures, lastRunAtSeconds } = totals.triggers.get(trigger) ?? noTriggerTotals;
    yield sample(metrics.recoveryRuns, runs, { trigger });
    yield sample(metrics.recoveryRunFailures, runFailures, { trigger });
    yield sample(metrics.recoveryLastRunAt, lastRunAtSeconds, { trigger });
  }
  yield* samplePoolResults(totals, pools);
  for (const action of recoveryActions)
    yield* sampleAction(action, totals.actions.get(action) ?? noActionTotals);
}

function* samplePoolResults(totals: RecoveryTotals, pools: readonly string[]): Generator<Sample> {
  for (const pool of pools) {
    const results = totals.pools.get(pool) ?? noPoolResults;
    for (const result of poolResults) yield sample(metrics[result], results[result], { pool });
  }
  // Anybody can make lock files, so the pools that their names speak of never become label values.
  const known = new Set(pools);
  const ofNoPool = [...totals.pools].filter(([pool]) => !known.has(pool));
  const cleaned = ofNoPool.reduce((sum, [, results]) => sum + results.locksCleaned, 0);
  yield sample(metrics.locksCleaned, cleaned, { pool: "" });
}

function* sampleAction(action: string, totals: ActionTotals): Generator<Sample> {
  for (const mode of recoveryModes) {
    yield sample(metrics.actions, totals.executed[mode], { action, mode });
    yield sample(metrics.actionFailures, totals.failed[mode], { action, mode });
  }
  for (const reason of refusalReasons)
    yield sample(metrics.skipped, totals.skipped.get(reason) ?? 0, { action, reason });
  const metric = metrics.actionDuration;
  const bounds = [...metric.buckets.map((bound) => formatBound(bound)), "+Inf"];
  const counts = [...totals.durationBuckets, totals.durationCount];
  for (const [index, le] of bounds.entries())
    yield { metric, labels: { action, le }, value: counts[index] ?? 0, suffix: "_bucket" };
  yield { metric, labels: { action }, value: totals.durationSumSeconds, suffix: "_sum" };
  yield { metric, labels: { action }, value: totals.durationCount, suffix: "_count" };
}

/** OpenMetrics and Prometheus 3 write bounds as floats: the same series in both formats. */
export function formatBound(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : `${bound}`;
}
