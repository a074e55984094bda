import { newest } from "../inspection/activity.ts";
import { findBlockingLock } from "../inspection/blocking-lock.ts";
import type { Depth, Finding } from "../inspection/finding.ts";
import type { CheckError, InspectedPool } from "../inspection/inspection-result.ts";
import { stateOf } from "../inspection/slot-owner.ts";
import type { SlotInspection } from "../inspection/slot-inspection.ts";
import { readIsolation } from "../pool/isolation.ts";
import type { Pool, Slot } from "../pool/pool.ts";
import { SlotState, type SlotStateName } from "../pool/records/slot-record.ts";
import { redactUrl } from "../platform/redact.ts";
import { TimeSlice } from "../platform/time-slice.ts";
import type { Anomalies, CorruptedSlot, LongAllocatedSlot, OrphanedLock } from "./anomaly.ts";
import { judgeFaults, selectFaults, type PoolSlotCounts } from "./detect-corrupted-slot.ts";
import { findProblems } from "./find-problems.ts";
import { leaveToWorkTrees } from "./leave-to-work-trees.ts";
import { judgeUnsavedWork } from "./judge-unsaved-work.ts";
import {
  detectIdleSlot,
  detectLongAllocatedSlot,
  findStartOfUse,
  judgeActivity,
} from "./detect-long-allocated-slot.ts";
import type { IsolatedSlot, PoolSnapshot, SlotLockSnapshot, SlotSnapshot, Snapshot } from "./snapshot.ts";
import type { Thresholds } from "./thresholds.ts";

export interface SnapshotInput {
  readonly inspectedPools: readonly InspectedPool[];
  readonly inventory: Snapshot["inventory"];
  readonly orphanedLocks: readonly OrphanedLock[];
  /** Locks by slot_id. */
  readonly slotLocks: ReadonlyMap<string, SlotLockSnapshot>;
  /** Slots in the place of whose lock a directory stands. */
  readonly lockDirectories: ReadonlySet<string>;
  readonly thresholds: Thresholds;
  readonly now: Date;
  /** Of local times in metadata. */
  readonly timeZone: string;
  readonly durationSeconds: number;
  readonly isDeep: boolean;
  readonly problems: Snapshot["problems"];
  readonly errors: readonly CheckError[];
  readonly filesystem: Snapshot["filesystem"];
  readonly sources?: Snapshot["sources"];
  readonly verifications?: ReadonlyMap<Depth, number>;
  readonly verificationFailures?: ReadonlyMap<Depth, number>;
}

/**
 * Judges every fact of one collection: the same facts, thresholds and time give the same snapshot. Others may run
 * between two slots.
 */
export async function createSnapshot(input: SnapshotInput): Promise<Snapshot> {
  const slice = new TimeSlice();
  const judged: JudgedPool[] = [];
  for (const inspected of leaveToWorkTrees(input.inspectedPools))
    judged.push(await judgePool(inspected, input, slice));
  const anomalies: Anomalies = {
    longAllocatedSlots: judged.flatMap(({ longAllocated }) => longAllocated),
    corruptedSlots: judged.flatMap(({ corrupted }) => corrupted),
    orphanedLocks: input.orphanedLocks,
  };
  return {
    checkedAt: input.now,
    durationSeconds: input.durationSeconds,
    isDeep: input.isDeep,
    pools: judged.map(({ snapshot }) => snapshot),
    anomalies,
    isolatedSlots: judged.flatMap(({ snapshot }) => snapshot.slots.flatMap((slot) => isolatedSlot(slot))),
    problems: input.problems,
    errors: input.errors,
    inventory: input.inventory,
    filesystem: input.filesystem,
    sources: input.sources ?? [],
    verifications: input.verifications ?? new Map(),
    verificationFailures: input.verificationFailures ?? new Map(),
  };
}

/** How many of the promised slots have a readable slot.json. */
export function countSlots(pool: Pool): PoolSlotCounts {
  const readableSlots = pool.slots.filter((slot) => slot.reading.kind === "valid").length;
  const allocatedSlots = countStates(pool.slots).allocated;
  return { readableSlots, numSlots: pool.record?.numSlots, allocatedSlots };
}

interface JudgedPool {
  readonly snapshot: PoolSnapshot;
  readonly corrupted: readonly CorruptedSlot[];
  readonly longAllocated: readonly LongAllocatedSlot[];
}

async function judgePool(
  { pool, inspections }: InspectedPool,
  input: SnapshotInput,
  slice: TimeSlice,
): Promise<JudgedPool> {
  const { thresholds, now } = input;
  const counts = countSlots(pool);
  const idleAfterHours = idleAfterHoursOf(pool, thresholds);
  const slots: SlotSnapshot[] = [];
  const corrupted: CorruptedSlot[] = [];
  const longAllocated: LongAllocatedSlot[] = [];
  for (const inspection of inspections) {
    const faults = selectFaults(inspection, counts, thresholds);
    const corruption = judgeFaults(inspection, faults);
    const allocation =
      detectLongAllocatedSlot(inspection, thresholds, now) ??
      detectIdleSlot(inspection, idleAfterHours, { thresholds, now });
    if (corruption !== undefined) corrupted.push(corruption);
    if (allocation !== undefined) longAllocated.push(allocation);
    slots.push(describeSlot(inspection, { faults, corruption }, input));
    await slice.yieldToEventLoop();
  }
  const problems = [...pool.problems, ...findProblems(inspections, counts, thresholds)];
  const isUnread =
    problems.some(({ code }) => code === "unread") ||
    inspections.some(
      ({ unread, mainRepository }) => unread.length + (mainRepository?.unread.length ?? 0) > 0,
    );
  const snapshot: PoolSnapshot = {
    repoName: pool.repoName,
    layout: pool.layout,
    directory: pool.directory,
    repoUrl: pool.repoUrl === undefined ? undefined : redactUrl(pool.repoUrl),
    isUp: (pool.record !== undefined || pool.source !== undefined) && !isUnread,
    numSlots: pool.record?.numSlots,
    states: countStates(pool.source === undefined ? pool.slots : inspections),
    source: pool.source?.name,
    allow: pool.source?.allow,
    registrations: pool.registrations,
    problems,
    slots,
    maxAllocationSeconds: (idleAfterHours ?? thresholds.maxAllocationHours) * 3600,
    staleLockSeconds: thresholds.staleLockHours * 3600,
  };
  return { snapshot, corrupted, longAllocated };
}

/** Undefined if no limit is set. */
function idleAfterHoursOf({ source }: Pool, { idleAfterHours }: Thresholds): number | undefined {
  if (source === undefined) return undefined;
  return (
    idleAfterHours ?? (source.idleAfterSeconds === undefined ? undefined : source.idleAfterSeconds / 3600)
  );
}

/** Of slots, as their records have them, or of inspections, which also know who uses a slot without a record. */
function countStates(of: readonly (Slot | SlotInspection)[]): Record<SlotStateName, number> {
  const states = { available: 0, allocated: 0, cleaning: 0, error: 0 };
  for (const each of of) {
    const state = stateOf("slot" in each ? each : { slot: each });
    if (state !== undefined) states[state]++;
  }
  return states;
}

function describeSlot(
  inspection: SlotInspection,
  { faults, corruption }: { faults: readonly Finding[]; corruption: CorruptedSlot | undefined },
  input: SnapshotInput,
): SlotSnapshot {
  const { slot } = inspection;
  return {
    slotId: slot.slotId,
    repoName: slot.repoName,
    path: slot.path,
    branch: inspection.branch,
    commit: inspection.commit,
    ...describeRecord(inspection, input),
    processes: inspection.processes?.map(({ pid, command, role, ageSeconds, parent }) => ({
      ...{ pid, command, role, ageSeconds, parent },
    })),
    ...describeUnsavedWork(inspection),
    lock: input.slotLocks.get(slot.slotId) ?? { kind: "free" },
    isBlocked: input.lockDirectories.has(slot.slotId) || findBlockingLock(inspection) !== undefined,
    diskBytes: inspection.diskBytes,
    verifiedAt: inspection.verifiedAt ?? {},
    probedAt: inspection.probedAt,
    reasons: corruption?.reasons ?? [],
    evidence: faults,
    faultySince: undefined,
  };
}

function describeUnsavedWork({
  slot,
  unsavedWork: kinds,
  unsavedWorkSeenAt: seenAt,
  arrival,
  lastActivityAt,
  directoryChangedAt,
}: SlotInspection): Pick<SlotSnapshot, "unsavedWork" | "unsavedWorkSeenAt" | "changedAt" | "arrival"> {
  const writtenAt = slot.reading.kind === "valid" ? slot.reading.modifiedAt : undefined;
  const changedAt = newest([lastActivityAt, directoryChangedAt, writtenAt]);
  const unsavedWork = kinds && judgeUnsavedWork({ kinds, seenAt }, changedAt);
  const isStale = unsavedWork?.includes("unknown") === true;
  return { unsavedWork, unsavedWorkSeenAt: seenAt, changedAt, arrival: isStale ? undefined : arrival };
}

function describeRecord(inspection: SlotInspection, { thresholds, now, timeZone }: SnapshotInput) {
  const { reading } = inspection.slot;
  const record = reading.kind === "valid" ? reading.record : undefined;
  const allocated = record?.state === SlotState.ALLOCATED ? record : undefined;
  const isolation = readIsolation(record, timeZone);
  const isUsed = allocated !== undefined || inspection.owner !== undefined;
  return {
    state: stateOf(inspection),
    owner: inspection.owner,
    allocatedAt: allocated && reading.kind === "valid" ? findStartOfUse(reading, now) : undefined,
    activity: isUsed ? judgeActivity(inspection, thresholds, now) : undefined,
    lastActivityAt: isUsed ? inspection.lastActivityAt : undefined,
    allocationCount: record?.allocationCount ?? 0,
    totalUsageSeconds: record?.totalUsageSeconds ?? 0,
    isolatedAt: isolation?.isolatedAt,
    isolationReason: isolation?.reason,
  };
}

function isolatedSlot(slot: SlotSnapshot): IsolatedSlot[] {
  if (slot.isolatedAt === undefined) return [];
  const { slotId, repoName, isolatedAt, isolationReason } = slot;
  return [{ slotId, repoName, isolatedAt, isolationReason: isolationReason ?? "" }];
}
