import type { PoolSnapshot, Snapshot } from "../anomalies/snapshot.ts";
import type { PoolSummary } from "../lending/pool-summary.ts";

export type PoolReport = ReturnType<typeof createPoolReport>;
export type PoolStatusReport = ReturnType<typeof createStatusReport>[number];

/** One pool in numbers, as `pool list --json` prints it. */
export function createPoolReport(summary: PoolSummary) {
  return {
    repo_name: summary.repoName,
    layout: summary.layout,
    num_slots: summary.numSlots ?? null,
    states: summary.states,
    unreadable: summary.unreadable,
    total_allocations: summary.totalAllocations,
    total_usage_seconds: summary.totalUsageSeconds,
  };
}

/**
 * Every pool in numbers, with what is wrong in it, as `status --json` prints it: those of the manager, then those of the
 * other sources.
 */
export function createStatusReport(
  managed: readonly PoolSummary[],
  { pools, anomalies, isolatedSlots }: Pick<Snapshot, "pools" | "anomalies" | "isolatedSlots">,
) {
  const ofSources = pools.filter(({ source }) => source !== undefined).map(summarizeUnrecorded);
  return [...managed, ...ofSources].map((summary) => {
    const count = (list: readonly { readonly repoName: string }[]): number =>
      list.filter(({ repoName }) => repoName === summary.repoName).length;
    return {
      ...createPoolReport(summary),
      /** Slots out of rotation until a person recovers them. */
      isolated: count(isolatedSlots),
      anomalies: {
        long_allocated_slots: count(anomalies.longAllocatedSlots),
        corrupted_slots: count(anomalies.corruptedSlots),
        orphaned_locks: count(anomalies.orphanedLocks),
      },
    };
  });
}

/** A pool without records promises no number of slots, and counts no use. */
function summarizeUnrecorded({ repoName, layout, slots, states }: PoolSnapshot): PoolSummary {
  const slotCount = slots.length;
  return {
    ...{ repoName, layout, states, numSlots: slotCount, totalSlots: slotCount },
    ...{ unreadable: 0, totalAllocations: 0, totalUsageSeconds: 0 },
  };
}
