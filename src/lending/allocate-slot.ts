import { mostRecentlyUsedFirst } from "./slot-order.ts";
import { startStopwatch } from "../platform/clock.ts";
import { findBlockingLock } from "../inspection/blocking-lock.ts";
import type { Pool, Slot } from "../pool/pool.ts";
import { formatPoolTime } from "../pool/records/local-time.ts";
import { SlotState, type JsonObject } from "../pool/records/slot-record.ts";
import { findFault } from "./find-fault.ts";
import {
  isReadable,
  refused,
  type LendingContext,
  type ReadableSlot,
  type Refused,
} from "./lending-context.ts";
import type { CleanupPolicy } from "./lending-rules.ts";
import { changeRecord, findPool, inspectLocked, withSlotLock } from "./locked-slot.ts";
import { prepareSlot } from "./prepare-slot.ts";
import { settleRecord } from "./settle-record.ts";
import { withoutFields } from "../platform/stored-fields.ts";

export interface AllocationOptions {
  /** Kept in the slot's metadata: who uses it, for what. */
  readonly metadata?: JsonObject;
}

export interface Allocated {
  readonly kind: "allocated";
  readonly slot: ReadableSlot;
  /** What does not stop the slot from being used, such as a remote that could not be reached. */
  readonly warnings: readonly string[];
  /** What an earlier user left unsaved. */
  readonly salvageId: string | undefined;
}

/** The allocated slot, or why none could be allocated. */
export type AllocationResult =
  | Allocated
  | {
      readonly kind: "none_available";
      /** Slots that were available and could not be allocated, and why. */
      readonly passedOver: readonly (Omit<Refused, "kind"> & { readonly slotId: string })[];
    };

const pollMilliseconds = 50;

/**
 * Allocates the most recently used available slot, whose objects are warm, and cleans it. Waits for a slot whose lock is
 * held only if no other can be allocated. @throws UsageError `POOL_UNKNOWN`.
 */
export async function allocateSlot(
  context: LendingContext,
  repoName: string,
  how: { cleanup: CleanupPolicy } & AllocationOptions,
): Promise<AllocationResult> {
  const waitedSeconds = startStopwatch();
  const passedOver = new Map<string, Refused>();
  for (;;) {
    const pool = findPool(context, repoName);
    const busy = new Map<string, Refused>();
    for (const slot of mostRecentlyUsedFirst(pool.slots)) {
      if (passedOver.has(slot.slotId)) continue;
      const result = await withSlotLock(context, { pool, slot }, { waitSeconds: 0 }, (locked) =>
        allocateLocked(context, { pool, slot: locked }, how),
      );
      if (result.kind === "allocated") return result;
      if (result.reason === "lock_held") busy.set(slot.slotId, result);
      else if (result.reason !== "not_available") passedOver.set(slot.slotId, result);
    }
    if (busy.size === 0 || waitedSeconds() >= context.lockTimeoutSeconds)
      return { kind: "none_available", passedOver: listOf(new Map([...passedOver, ...busy])) };
    await context.clock.sleep(pollMilliseconds);
  }
}

function listOf(refusals: ReadonlyMap<string, Refused>) {
  return [...refusals].map(([slotId, { reason, detail }]) => ({ slotId, reason, detail }));
}

async function allocateLocked(
  context: LendingContext,
  { pool, slot }: { pool: Pool; slot: Slot },
  how: { cleanup: CleanupPolicy } & AllocationOptions,
): Promise<Allocated | Refused> {
  if (!isReadable(slot) || slot.reading.record.state !== SlotState.AVAILABLE)
    return refused("not_available", "somebody else was faster");
  const inspection = await inspectLocked(context, pool, slot);
  const fault = findFault({ pool, inspection }, context.thresholds);
  if (fault !== undefined) return refused("corrupted", fault);
  // The lock is too young to be a fault, but the next agent's git would fail.
  const lock = findBlockingLock(inspection);
  if (lock !== undefined)
    return refused("cleanup_failed", `${lock.path} exists: a git command runs, or one left it behind`);
  const cleaning = changeRecord(context, slot, { state: SlotState.CLEANING });
  const prepared = await prepareSlot(
    context,
    { pool, slot: cleaning },
    {
      purpose: "allocate",
      fetches: how.cleanup.fetchOnAllocate,
      warmsUp: false,
    },
  );
  if (prepared.kind === "failed") {
    // The slot stays available: a full disk must not take every slot out of rotation.
    changeRecord(context, cleaning, { state: SlotState.AVAILABLE });
    return refused(prepared.reason, prepared.detail);
  }
  const { record } = cleaning.reading;
  const allocated = changeRecord(context, cleaning, {
    state: SlotState.ALLOCATED,
    allocation_count: record.allocationCount + 1,
    last_allocated_at: formatPoolTime(context.clock.now(), context.timeZone),
    current_branch: inspection.branch ?? null,
    current_commit: inspection.commit ?? null,
    // What an earlier release noted about a slot that was recovered since is over.
    metadata: { ...withoutFields(record.metadata, "error_at", "error_reason"), ...how.metadata },
  });
  const warnings = [
    ...prepared.warnings,
    ...(await settleRecord(context, pool, allocated, inspection.directories)),
  ];
  return { kind: "allocated", slot: allocated, warnings, salvageId: prepared.salvageId };
}
