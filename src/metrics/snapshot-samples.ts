import { anomalyKinds } from "../anomalies/anomaly.ts";
import type { PoolSnapshot, SlotSnapshot, Snapshot } from "../anomalies/snapshot.ts";
import { parseSlotId } from "../pool/slot-id.ts";
import { slotStates } from "../pool/slot-record.ts";
import { snapshotMetrics as metrics, type MetricDefinition } from "./catalogue.ts";

export interface Sample {
  readonly metric: MetricDefinition;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Anybody can make lock files: no more than this many become series. */
const mostLockSeries = 100;

/** Every sample of one snapshot. Pure, so that ended anomalies and removed slots are simply absent. */
export function sampleSnapshot(snapshot: Snapshot, options: { perSlot: boolean }): Sample[] {
  const pools = snapshot.pools.flatMap((pool) => samplePool(pool, snapshot));
  const slots = options.perSlot
    ? snapshot.pools.flatMap((pool) => pool.slots.flatMap((slot) => sampleSlot(slot)))
    : [];
  const anomalies = options.perSlot ? sampleAnomalies(snapshot) : [];
  const { filesystem } = snapshot;
  const disk =
    filesystem === undefined
      ? []
      : [
          sample(metrics.filesystemSize, filesystem.sizeBytes),
          sample(metrics.filesystemAvail, filesystem.availBytes),
        ];
  return [...pools, ...sampleLocksOfNoPool(snapshot), ...slots, ...anomalies, ...disk];
}

function sample(metric: MetricDefinition, value: number, labels: Record<string, string> = {}): Sample {
  return { metric, value, labels };
}

function samplePool(pool: PoolSnapshot, snapshot: Snapshot): Sample[] {
  const label = { pool: pool.repoName };
  const sum = (of: (slot: SlotSnapshot) => number): number =>
    pool.slots.reduce((total, slot) => total + of(slot), 0);
  const problems = new Map<string, number>();
  for (const { code } of pool.problems) problems.set(code, (problems.get(code) ?? 0) + 1);
  const counts = countAnomalies(pool.repoName, snapshot);
  return [
    sample(metrics.up, pool.isUp ? 1 : 0, label),
    ...slotStates.map((state) => sample(metrics.slots, pool.states[state], { ...label, state })),
    sample(metrics.slotsConfigured, pool.numSlots ?? 0, label),
    ...[...problems].map(([problem, count]) => sample(metrics.problems, count, { ...label, problem })),
    sample(metrics.slotsIsolated, pool.slots.filter((slot) => slot.isolatedAt !== undefined).length, label),
    ...anomalyKinds.map((kind) => sample(metrics.anomalies, counts[kind], { ...label, kind })),
    sample(metrics.longAllocatedThreshold, pool.maxAllocationSeconds, label),
    sample(metrics.staleLockThreshold, pool.staleLockSeconds, label),
    sample(
      metrics.allocations,
      sum((slot) => slot.allocationCount),
      label,
    ),
    sample(
      metrics.usageSeconds,
      sum((slot) => slot.totalUsageSeconds),
      label,
    ),
  ];
}

function countAnomalies(repoName: string, { anomalies }: Snapshot) {
  const isOwn = (anomaly: { repoName: string }): boolean => anomaly.repoName === repoName;
  return {
    long_allocated_slot: anomalies.longAllocatedSlots.filter(isOwn).length,
    corrupted_slot: anomalies.corruptedSlots.filter(isOwn).length,
    orphaned_lock: anomalies.orphanedLocks.filter(isOwn).length,
  };
}

function sampleLocksOfNoPool(snapshot: Snapshot): Sample[] {
  const known = new Set(snapshot.pools.map((pool) => pool.repoName));
  const count = snapshot.anomalies.orphanedLocks.filter((lock) => !known.has(lock.repoName)).length;
  return [sample(metrics.anomalies, count, { pool: "", kind: "orphaned_lock" })];
}

function sampleSlot(slot: SlotSnapshot): Sample[] {
  const labels = { pool: slot.repoName, slot: slot.slotId };
  const at = (metric: MetricDefinition, time: Date | undefined): Sample[] =>
    time === undefined ? [] : [sample(metric, time.getTime() / 1000, labels)];
  return [
    ...at(metrics.slotAllocatedAt, slot.allocatedAt),
    ...at(metrics.slotLastActivityAt, slot.lastActivityAt),
    ...at(metrics.slotIsolatedAt, slot.isolatedAt),
    ...(slot.lock.kind === "held" ? [sample(metrics.slotLockHeld, 1, labels)] : []),
  ];
}

function sampleAnomalies({ anomalies }: Snapshot): Sample[] {
  const one = (slotId: string, repoName: string, kind: string, reason: string): Sample =>
    sample(metrics.slotAnomaly, 1, { pool: repoName, slot: slotId, kind, reason });
  const locks = anomalies.orphanedLocks
    .filter((lock) => parseSlotId(lock.slotId) !== undefined)
    .slice(0, mostLockSeries);
  return [
    ...anomalies.longAllocatedSlots.map((slot) => one(slot.slotId, slot.repoName, slot.kind, slot.reason)),
    ...anomalies.corruptedSlots.flatMap((slot) =>
      slot.reasons.map((reason) => one(slot.slotId, slot.repoName, slot.kind, reason)),
    ),
    ...locks.map((lock) => one(lock.slotId, lock.repoName, lock.kind, lock.reason)),
  ];
}
