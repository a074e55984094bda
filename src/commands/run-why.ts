import type { SlotSnapshot, Snapshot } from "../anomalies/snapshot.ts";
import type { SidecarConfig } from "../config/sidecar-config.ts";
import type { Finding } from "../inspection/finding.ts";
import { Journal } from "../journal/journal.ts";
import type { JournalEntry } from "../journal/journal-entry.ts";
import { PoolManager } from "../pool-manager.ts";
import { readWatchState, type DeepKnowledge, type SlotKnowledge } from "../serve/watch/watch-state.ts";

export type WhyReport = Awaited<ReturnType<typeof runWhy>>;

/**
 * The evidence about one slot: a look at this moment, what the watcher last saw deeper, since when, and what recovery
 * last did. Changes nothing. @throws UsageError `SLOT_UNKNOWN`; CodedError `STORED_FILE_NEWER`
 */
export async function runWhy(config: SidecarConfig, slotId: string) {
  const manager = new PoolManager({ config });
  const { repoName } = manager.requireSlot(slotId);
  const snapshot = await manager.snapshot({ pool: repoName });
  const slot = snapshot.pools.flatMap(({ slots }) => slots).find((each) => each.slotId === slotId);
  const known = readWatchState(config.stateDir).get(slotId);
  return {
    slot_id: slotId,
    repo_name: repoName,
    checked_at: snapshot.checkedAt.toISOString(),
    ...describeSlot(slot),
    ...describeKnowledge(slot?.reasons ?? [], known),
    evidence: collectEvidence(slot, known?.deep).map(describeFinding),
    long_allocation: describeLongAllocation(snapshot, slotId),
    last_recovery: describeRecovery(new Journal(config.stateDir).read(), slotId),
    errors: snapshot.errors.map(({ code, detail }) => ({ code, detail })),
  };
}

function describeSlot(slot: SlotSnapshot | undefined) {
  return {
    state: slot?.state ?? null,
    activity: slot?.activity ?? null,
    last_activity_at: slot?.lastActivityAt?.toISOString() ?? null,
    isolated_at: slot?.isolatedAt?.toISOString() ?? null,
    isolation_reason: slot?.isolationReason ?? null,
  };
}

/** The watcher's beginning counts only for the same reasons: it may not have looked since the fault began. */
function describeKnowledge(reasons: readonly string[], known: SlotKnowledge | undefined) {
  const { faulty, deep } = known ?? {};
  const all = [...new Set([...reasons, ...(deep?.findings ?? []).map(({ code }) => code)])];
  const isSame = faulty !== undefined && [...all].sort().join() === [...faulty.reasons].join();
  return {
    reasons: all,
    faulty_since: isSame ? faulty.since.toISOString() : null,
    verified_at: {
      connectivity: deep?.verifiedAt.connectivity?.toISOString() ?? null,
      full: deep?.verifiedAt.full?.toISOString() ?? null,
    },
    unsaved_work: deep?.unsavedWork ?? null,
  };
}

function collectEvidence(slot: SlotSnapshot | undefined, deep: DeepKnowledge | undefined): Finding[] {
  const seen = slot?.evidence ?? [];
  const codes = new Set(seen.map(({ code }) => code));
  return [...seen, ...(deep?.findings ?? []).filter(({ code }) => !codes.has(code))];
}

function describeFinding({ code, path, expected, found, depth }: Finding) {
  return { code, path, expected, found, depth };
}

function describeLongAllocation({ anomalies }: Snapshot, slotId: string) {
  const long = anomalies.longAllocatedSlots.find((each) => each.slotId === slotId);
  return long === undefined ? null : { reason: long.reason, allocated_hours: long.allocatedHours };
}

function describeRecovery(entries: readonly JournalEntry[], slotId: string) {
  const last = entries.findLast((entry) => entry.kind === "outcome" && entry.slot_id === slotId);
  if (last === undefined) return null;
  const { at, action, outcome, reason, detail, recovery_id: recoveryId, trigger } = last;
  return { at, recovery_id: recoveryId, trigger, action, outcome, reason, detail };
}
