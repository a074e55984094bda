import type { SlotSnapshot, Snapshot } from "../anomalies/snapshot.ts";
import type { SlotProcess } from "../inspection/slot-process.ts";
import { judgeUnsavedWork } from "../anomalies/judge-unsaved-work.ts";
import type { Finding, UnsavedWorkKind } from "../inspection/finding.ts";
import type { JournalEntry } from "../journal/journal-entry.ts";

export type WhyReport = ReturnType<typeof createWhyReport>;

/** What `serve` has written down about one slot, as far as this report shows it. */
export interface WatchedSlot {
  /** Since when the same reasons have been seen; undefined while nothing is wrong. */
  readonly faulty: { readonly since: Date; readonly reasons: readonly string[] } | undefined;
  readonly deep: WatchedDeepChecks | undefined;
}

export interface WatchedDeepChecks {
  readonly verifiedAt: Readonly<Partial<Record<"connectivity" | "full", Date>>>;
  readonly findings: readonly Finding[];
  readonly unsavedWork: readonly UnsavedWorkKind[];
  readonly unsavedWorkSeenAt: Date | undefined;
}

export interface SlotEvidence {
  readonly slotId: string;
  readonly repoName: string;
  /** A look at this moment, at least of the slot's pool. */
  readonly snapshot: Snapshot;
  readonly watched: WatchedSlot | undefined;
  readonly journal: readonly JournalEntry[];
}

/** What `why --json` prints: a look at this moment, what deep checks last saw, since when, and what recovery last did. */
export function createWhyReport({ slotId, repoName, snapshot, journal, ...evidence }: SlotEvidence) {
  const slot = snapshot.pools.flatMap(({ slots }) => slots).find((each) => each.slotId === slotId);
  // Git looks at no slot that a fault keeps it from reading.
  const isDeep = snapshot.isDeep && slot?.unsavedWork !== undefined;
  const watched = isDeep ? withoutDeepFindings(evidence.watched) : evidence.watched;
  return {
    slot_id: slotId,
    repo_name: repoName,
    checked_at: snapshot.checkedAt.toISOString(),
    deep: isDeep,
    slot_path: slot?.path ?? null,
    ...reportSlot(slot),
    owner: slot?.owner ?? null,
    processes: slot?.processes?.map(reportProcess) ?? null,
    ...reportWatched(slot?.reasons ?? [], watched),
    ...reportUnsavedWork(slot, watched?.deep),
    evidence: collectEvidence(slot, watched?.deep).map(reportFinding),
    long_allocation: reportLongAllocation(snapshot, slotId),
    last_recovery: reportLastRecovery(journal, slotId),
    problems: snapshot.problems.map(({ code, detail }) => ({ code, detail })),
    errors: snapshot.errors.map(({ code, detail }) => ({ code, detail })),
  };
}

/** A deep check made now replaces what earlier ones found. */
function withoutDeepFindings(watched: WatchedSlot | undefined): WatchedSlot | undefined {
  return watched?.deep === undefined ? watched : { ...watched, deep: { ...watched.deep, findings: [] } };
}

function reportSlot(slot: SlotSnapshot | undefined) {
  return {
    state: slot?.state ?? null,
    activity: slot?.activity ?? null,
    last_activity_at: slot?.lastActivityAt?.toISOString() ?? null,
    isolated_at: slot?.isolatedAt?.toISOString() ?? null,
    isolation_reason: slot?.isolationReason ?? null,
  };
}

function reportProcess({ pid, command, role, ageSeconds, parent }: SlotProcess) {
  return { pid, command, role, age_seconds: ageSeconds ?? null, parent: parent ?? null };
}

/** The watcher's beginning counts only for the same reasons: it may not have looked since the fault began. */
function reportWatched(reasons: readonly string[], watched: WatchedSlot | undefined) {
  const { faulty, deep } = watched ?? {};
  const all = [...new Set([...reasons, ...(deep?.findings ?? []).map(({ code }) => code)])];
  const isSame = faulty !== undefined && [...all].sort().join() === [...faulty.reasons].join();
  return {
    reasons: all,
    faulty_since: isSame ? faulty.since.toISOString() : null,
    verified_at: {
      connectivity: deep?.verifiedAt.connectivity?.toISOString() ?? null,
      full: deep?.verifiedAt.full?.toISOString() ?? null,
    },
  };
}

/** As the look at this moment found it, else as the watcher's last one did. */
function reportUnsavedWork(slot: SlotSnapshot | undefined, deep: WatchedDeepChecks | undefined) {
  if (slot?.unsavedWork !== undefined)
    return {
      unsaved_work: slot.unsavedWork,
      unsaved_work_seen_at: slot.unsavedWorkSeenAt?.toISOString() ?? null,
      arrival: slot.arrival ?? null,
    };
  const { unsavedWork: kinds, unsavedWorkSeenAt: seenAt } = deep ?? {};
  return {
    unsaved_work: kinds === undefined ? null : judgeUnsavedWork({ kinds, seenAt }, slot?.changedAt),
    unsaved_work_seen_at: seenAt?.toISOString() ?? null,
    arrival: null,
  };
}

/** What the look at this moment found, then what only deep checks see. */
function collectEvidence(slot: SlotSnapshot | undefined, deep: WatchedDeepChecks | undefined): Finding[] {
  const seen = slot?.evidence ?? [];
  const codes = new Set<string>(seen.map(({ code }) => code));
  return [...seen, ...(deep?.findings ?? []).filter(({ code }) => !codes.has(code))];
}

function reportFinding({ code, path, expected, found, depth }: Finding) {
  return { code, path, expected, found, depth };
}

function reportLongAllocation({ anomalies }: Snapshot, slotId: string) {
  const long = anomalies.longAllocatedSlots.find((each) => each.slotId === slotId);
  return long === undefined ? null : { reason: long.reason, allocated_hours: long.allocatedHours };
}

function reportLastRecovery(journal: readonly JournalEntry[], slotId: string) {
  const last = journal.findLast((entry) => entry.kind === "outcome" && entry.slot_id === slotId);
  if (last === undefined) return null;
  const { at, action, outcome, reason, detail, recovery_id: recoveryId, trigger } = last;
  return { at, recovery_id: recoveryId, trigger, action, outcome, reason, detail };
}
