import type { Anomalies, AnomalyKind } from "./anomaly.ts";

/** How many entries a notice has; the others are counted. */
const mostFindings = 100;
const longestDetail = 500;

/** The body of the notice of a health check; its size is bounded. */
export interface HealthNotice {
  readonly checked_at: string;
  readonly long_allocated_slots: number;
  readonly corrupted_slots: number;
  readonly orphaned_locks: number;
  readonly findings: readonly HealthFinding[];
  readonly findings_left_out: number;
}

export interface HealthFinding {
  readonly kind: AnomalyKind;
  readonly slot_id: string;
  readonly repo_name: string;
  readonly reasons: readonly string[];
  readonly detail: string;
}

/** Corrupted slots first, then locks, then long allocations. Pure. */
export function createHealthNotice(anomalies: Anomalies, checkedAt: Date): HealthNotice {
  const { longAllocatedSlots, corruptedSlots, orphanedLocks } = anomalies;
  const findings = [
    ...corruptedSlots.map((slot) => finding(slot, slot.reasons, slot.detail)),
    ...orphanedLocks.map((lock) => finding(lock, [lock.reason], lock.path)),
    ...longAllocatedSlots.map((slot) =>
      finding(slot, [slot.reason], `allocated for ${slot.allocatedHours.toFixed(1)} h, ${slot.activity}`),
    ),
  ];
  return {
    checked_at: checkedAt.toISOString(),
    long_allocated_slots: longAllocatedSlots.length,
    corrupted_slots: corruptedSlots.length,
    orphaned_locks: orphanedLocks.length,
    findings: findings.slice(0, mostFindings),
    findings_left_out: Math.max(0, findings.length - mostFindings),
  };
}

function finding(
  { kind, slotId, repoName }: { kind: AnomalyKind; slotId: string; repoName: string },
  reasons: readonly string[],
  detail: string,
): HealthFinding {
  const [slot_id, repo_name] = [slotId.slice(0, longestDetail), repoName.slice(0, longestDetail)];
  return { kind, slot_id, repo_name, reasons, detail: detail.slice(0, longestDetail) };
}
