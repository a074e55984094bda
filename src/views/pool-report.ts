import type { Snapshot } from "../anomalies/snapshot.ts";
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

/** Every pool in numbers, with what is wrong in it, as `status --json` prints it. */
export function createStatusReport(
  summaries: readonly PoolSummary[],
  { anomalies, isolatedSlots }: Pick<Snapshot, "anomalies" | "isolatedSlots">,
) {
  return summaries.map((summary) => {
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
