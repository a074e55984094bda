import { selectWork } from "../inspection/activity.ts";
import { anomalyKinds, type AnomalyKind, type OrphanedLock } from "../anomalies/anomaly.ts";
import type { SnapshotProblem, SnapshotProblemCode } from "../anomalies/pool-problem.ts";
import { countLendable } from "../anomalies/count-lendable.ts";
import type { PoolSnapshot, SlotSnapshot, Snapshot } from "../anomalies/snapshot.ts";
import { hostProblemCodes, poolProblemCodes } from "../pool/pool.ts";
import { parseSlotId } from "../pool/slot-id.ts";
import { workspacesSourceName } from "../pool/sources/source.ts";
import { slotStates } from "../pool/records/slot-record.ts";
import { snapshotMetrics as metrics } from "./catalogue.ts";
import { deepDepths } from "./deep-check-metrics.ts";
import type { MetricDefinition } from "./metric-definition.ts";
import { sample, toTimestampSeconds, type Sample } from "./sample.ts";
import { sampleSourcePool, selectUnsampled } from "./source-samples.ts";
import type { SlotTotals } from "./slot-totals.ts";

export interface SamplingOptions {
  /** False leaves every series of a slot out. */
  readonly perSlot: boolean;
  /** Of each source without a pool manager, so many slots at most have series. */
  readonly maxSlotSeries: number;
  readonly totals: SlotTotals;
}

/** Anybody can make lock files, so at most this many become series. */
const mostLockSeries = 100;

/**
 * Every sample of one snapshot, one after the other, so that a very large pool can be rendered in slices. Pure: ended
 * anomalies, removed slots and removed pools are simply absent.
 */
export function* sampleSnapshot(snapshot: Snapshot, options: SamplingOptions): Generator<Sample> {
  const pools = new Set(snapshot.pools.map((pool) => pool.repoName));
  const counts = countAnomalies(snapshot, pools);
  yield* sampleInventory(snapshot);
  yield* sampleProblems("", snapshot.problems, hostProblemCodes);
  for (const pool of snapshot.pools) {
    yield* samplePool(pool, options.totals);
    // Nobody allocates the slots of a source without a pool manager.
    if (pool.source === undefined)
      yield sample(metrics.slotsLendable, countLendable(pool, snapshot), { pool: pool.repoName });
    else yield* sampleSourcePool(pool, snapshot.checkedAt);
    for (const kind of anomalyKinds) {
      const count = counts.get(anomalyKey(pool.repoName, kind)) ?? 0;
      yield sample(metrics.anomalies, count, { pool: pool.repoName, kind });
    }
  }
  const locksOfNoPool = counts.get(anomalyKey("", "orphaned_lock")) ?? 0;
  yield sample(metrics.anomalies, locksOfNoPool, { pool: "", kind: "orphaned_lock" });
  if (snapshot.filesystem !== undefined) {
    yield sample(metrics.filesystemSize, snapshot.filesystem.sizeBytes);
    yield sample(metrics.filesystemAvail, snapshot.filesystem.availBytes);
  }
  if (!options.perSlot) return;
  const unsampled = selectUnsampled(snapshot, options.maxSlotSeries);
  for (const slot of snapshot.pools.flatMap(({ slots }) => slots))
    if (!unsampled.has(slot.slotId)) yield* sampleSlot(slot);
  for (const each of sampleAnomalies(snapshot, pools))
    if (!unsampled.has(each.labels["slot"] ?? "")) yield each;
}

function* sampleInventory({ inventory, sources = [] }: Snapshot): Generator<Sample> {
  const { isReadable, isWatched = true, knownPools, gonePools } = inventory;
  const workspaces = isWatched ? [{ name: workspacesSourceName, isReadable }] : [];
  for (const source of [...workspaces, ...sources])
    yield sample(metrics.sourcesReadable, source.isReadable ? 1 : 0, { source: source.name });
  yield sample(metrics.poolsKnown, knownPools.length);
  yield sample(metrics.poolsGone, gonePools.length);
  for (const pool of gonePools) yield sample(metrics.poolGone, 1, { pool });
}

function* samplePool(pool: PoolSnapshot, totals: SlotTotals): Generator<Sample> {
  const label = { pool: pool.repoName };
  yield sample(metrics.up, pool.isUp ? 1 : 0, label);
  for (const state of slotStates) yield sample(metrics.slots, pool.states[state], { ...label, state });
  if (pool.numSlots !== undefined) yield sample(metrics.slotsConfigured, pool.numSlots, label);
  yield* sampleProblems(pool.repoName, pool.problems, poolProblemCodes);
  const isolatedCount = pool.slots.filter((slot) => slot.isolatedAt !== undefined).length;
  yield sample(metrics.slotsIsolated, isolatedCount, label);
  yield sample(metrics.longAllocatedThreshold, pool.maxAllocationSeconds, label);
  yield sample(metrics.staleLockThreshold, pool.staleLockSeconds, label);
  const { allocationCount, usageSeconds } = totals.get(pool.repoName) ?? {
    allocationCount: 0,
    usageSeconds: 0,
  };
  yield sample(metrics.allocations, allocationCount, label);
  yield sample(metrics.usageSeconds, usageSeconds, label);
}

function* sampleProblems(
  pool: string,
  problems: readonly SnapshotProblem[],
  codes: readonly SnapshotProblemCode[],
): Generator<Sample> {
  const counts = new Map(codes.map((code) => [code, 0]));
  for (const { code } of problems) counts.set(code, (counts.get(code) ?? 0) + 1);
  for (const [problem, count] of counts) yield sample(metrics.problems, count, { pool, problem });
}

/** No pool has a line break in its name. */
function anomalyKey(repoName: string, kind: AnomalyKind): string {
  return `${repoName}\n${kind}`;
}

function countAnomalies({ anomalies }: Snapshot, pools: ReadonlySet<string>): Map<string, number> {
  const counts = new Map<string, number>();
  const { longAllocatedSlots, corruptedSlots, orphanedLocks } = anomalies;
  for (const { repoName, kind } of [...longAllocatedSlots, ...corruptedSlots, ...orphanedLocks]) {
    const key = anomalyKey(pools.has(repoName) ? repoName : "", kind);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** An array, not a generator: of thousands of slots that takes half the time. */
function sampleSlot(slot: SlotSnapshot): Sample[] {
  const labels = { pool: slot.repoName, slot: slot.slotId };
  const samples: Sample[] = [];
  const addInstant = (metric: MetricDefinition, instant: Date | undefined): void => {
    if (instant !== undefined) samples.push(sample(metric, toTimestampSeconds(instant), labels));
  };
  addInstant(metrics.slotAllocatedAt, slot.allocatedAt);
  if (slot.allocatedAt !== undefined || slot.owner !== undefined)
    addInstant(metrics.slotLastActivityAt, slot.lastActivityAt);
  if (slot.owner !== undefined)
    samples.push(sample(metrics.slotOwner, 1, { ...labels, evidence: slot.owner.evidence }));
  if (slot.allocatedAt !== undefined) samples.push(...sampleOldestProcess(slot, labels));
  addInstant(metrics.slotIsolatedAt, slot.isolatedAt);
  if (slot.unsavedWork !== undefined)
    for (const kind of new Set(slot.unsavedWork))
      samples.push(sample(metrics.slotUnsavedWork, 1, { ...labels, kind }));
  addInstant(metrics.slotUnsavedWorkSeenAt, slot.unsavedWorkSeenAt);
  if (slot.diskBytes !== undefined) samples.push(sample(metrics.slotDiskBytes, slot.diskBytes, labels));
  if (slot.lock.kind !== "unknown")
    samples.push(sample(metrics.slotLockHeld, slot.lock.kind === "held" ? 1 : 0, labels));
  for (const depth of deepDepths) {
    const verifiedAt = slot.verifiedAt[depth];
    if (verifiedAt !== undefined)
      samples.push(sample(metrics.slotVerifiedAt, toTimestampSeconds(verifiedAt), { ...labels, depth }));
  }
  return samples;
}

/** The one that an alert names: it keeps an old allocation alive. */
function sampleOldestProcess(
  { processes = [] }: SlotSnapshot,
  labels: { pool: string; slot: string },
): Sample[] {
  const [oldest] = selectWork(processes).sort((a, b) => (b.ageSeconds ?? 0) - (a.ageSeconds ?? 0));
  if (oldest === undefined) return [];
  const pid = sample(metrics.slotProcessPid, oldest.pid, labels);
  return oldest.ageSeconds === undefined
    ? [pid]
    : [pid, sample(metrics.slotProcessAge, oldest.ageSeconds, labels)];
}

function* sampleAnomalies({ anomalies }: Snapshot, pools: ReadonlySet<string>): Generator<Sample> {
  for (const { repoName, slotId, kind, reason } of anomalies.longAllocatedSlots)
    yield sample(metrics.slotAnomaly, 1, { pool: repoName, slot: slotId, kind, reason });
  for (const { repoName, slotId, kind, reasons } of anomalies.corruptedSlots)
    for (const reason of new Set(reasons))
      yield sample(metrics.slotAnomaly, 1, { pool: repoName, slot: slotId, kind, reason });
  for (const { repoName, slotId, kind, reason } of selectNamedLocks(anomalies.orphanedLocks)) {
    const pool = pools.has(repoName) ? repoName : "";
    yield sample(metrics.slotAnomaly, 1, { pool, slot: slotId, kind, reason });
  }
}

function selectNamedLocks(locks: readonly OrphanedLock[]): readonly OrphanedLock[] {
  return locks.filter((lock) => parseSlotId(lock.slotId) !== undefined).slice(0, mostLockSeries);
}
