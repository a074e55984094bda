import { hasUnseen, type SnapshotProblem } from "../anomalies/pool-problem.ts";
import type { SlotSnapshot, Snapshot } from "../anomalies/snapshot.ts";
import type { CheckError } from "../inspection/inspection-result.ts";

/** A problem of a pool or of the host, or something that could not be looked at, as `--json` prints it. */
export interface ReportedProblem {
  readonly code: SnapshotProblem["code"] | CheckError["code"];
  readonly slot_id?: string;
  readonly path?: string;
  readonly detail: string;
}

export type CheckReport = ReturnType<typeof createCheckReport>;

/** What `check --json` prints; the names are a contract. */
export function createCheckReport(snapshot: Snapshot) {
  return {
    checked_at: snapshot.checkedAt.toISOString(),
    duration_seconds: snapshot.durationSeconds,
    deep: snapshot.isDeep,
    problems: snapshot.problems.map(reportProblem),
    pools: snapshot.pools.map((pool) => ({
      repo_name: pool.repoName,
      layout: pool.layout,
      num_slots: pool.numSlots ?? null,
      states: Object.fromEntries(Object.entries(pool.states).filter(([, count]) => count > 0)),
      problems: pool.problems.map(reportProblem),
    })),
    ...reportAnomalies(snapshot),
    unsaved_work: snapshot.pools.flatMap(({ slots }) => slots.flatMap(reportUnsavedWork)),
    isolated_slots: snapshot.isolatedSlots.map((slot) => ({
      slot_id: slot.slotId,
      isolated_at: slot.isolatedAt.toISOString(),
      isolation_reason: slot.isolationReason,
    })),
    errors: snapshot.errors.map(reportProblem),
  };
}

function reportAnomalies({ anomalies }: Snapshot) {
  return {
    long_allocated_slots: anomalies.longAllocatedSlots.map((slot) => ({
      slot_id: slot.slotId,
      repo_name: slot.repoName,
      reason: slot.reason,
      allocated_hours: slot.allocatedHours,
      activity: slot.activity,
      last_activity_at: slot.lastActivityAt?.toISOString() ?? null,
    })),
    corrupted_slots: anomalies.corruptedSlots.map((slot) => ({
      slot_id: slot.slotId,
      repo_name: slot.repoName,
      reasons: slot.reasons,
      detail: slot.detail,
    })),
    orphaned_locks: anomalies.orphanedLocks.map((lock) => ({
      slot_id: lock.slotId,
      path: lock.path,
      reason: lock.reason,
      owner_uid: lock.ownerUid,
      age_hours: lock.ageHours,
    })),
  };
}

function reportUnsavedWork({ slotId, repoName, unsavedWork, unsavedWorkSeenAt, arrival }: SlotSnapshot) {
  if (unsavedWork === undefined) return [];
  const seenAt = unsavedWorkSeenAt?.toISOString() ?? null;
  return [
    {
      slot_id: slotId,
      repo_name: repoName,
      kinds: unsavedWork,
      seen_at: seenAt,
      arrival: arrival ?? null,
    },
  ];
}

export function reportProblem(problem: SnapshotProblem | CheckError): ReportedProblem {
  return {
    code: problem.code,
    slot_id: problem.slotId,
    path: problem.path,
    detail: problem.detail,
  };
}

/** 3 if anomalies were found, else 1 if something could not be looked at, else 0. */
export function checkExitCode(snapshot: Snapshot): 0 | 1 | 3 {
  const { longAllocatedSlots, corruptedSlots, orphanedLocks } = snapshot.anomalies;
  if (longAllocatedSlots.length + corruptedSlots.length + orphanedLocks.length > 0) return 3;
  return hasUnseen(snapshot) ? 1 : 0;
}
