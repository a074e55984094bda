import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { withGitScope } from "../git/run/git-scope.ts";
import { verifyInspections } from "../inspection/deep/verify-inspections.ts";
import { inspectSlot } from "../inspection/inspect-slot.ts";
import type { SlotInspection } from "../inspection/slot-inspection.ts";
import { CodedError } from "../platform/coded-error.ts";
import { isReallyInside } from "../platform/contained-path.ts";
import { fieldsWithLocalTimes } from "../pool/records/slot-record-writer.ts";
import { listManagedPools } from "../pool/managed-pools.ts";
import type { Pool, Slot } from "../pool/pool.ts";
import { readSlotRecord } from "../pool/pool-store.ts";
import { parseSlotId } from "../pool/slot-id.ts";
import type { JsonObject } from "../pool/records/slot-record.ts";
import { acquireSlotLock, slotLockPath, tryAcquireSlotLock } from "../pool/locks/slot-lock.ts";
import { writeSlotRecord } from "../pool/records/slot-record-writer.ts";
import { unknownPool, unknownSlot } from "../pool/unknown-name.ts";
import { refused, type LendingContext, type ReadableSlot, type Refused } from "./lending-context.ts";
import { LendingError } from "./lending-error.ts";

/** @throws UsageError `POOL_UNKNOWN` if there is no such pool. */
export function findPool(context: LendingContext, repoName: string): Pool {
  const [pool] = listManagedPools(context, { timeZone: context.timeZone, only: repoName });
  if (pool !== undefined) return pool;
  throw unknownPool(repoName, context);
}

/** @throws UsageError `SLOT_UNKNOWN` if there is no such slot. */
export function findSlot(context: LendingContext, slotId: string): { pool: Pool; slot: Slot } {
  const repoName = parseSlotId(slotId)?.repoName;
  const [pool] =
    repoName === undefined ? [] : listManagedPools(context, { timeZone: context.timeZone, only: repoName });
  const slot = pool?.slots.find((candidate) => candidate.slotId === slotId);
  if (pool !== undefined && slot !== undefined) return { pool, slot };
  throw unknownSlot(slotId, context);
}

/**
 * Runs something while the slot's lock is ours, on the slot as it is then. A slot whose places lead out of the pool is
 * refused before anything is written. The git commands inherit the lock: should the program be killed, nobody else gets
 * the slot while one of them still cleans it.
 */
export async function withSlotLock<T>(
  context: LendingContext,
  at: { pool: Pool; slot: Slot },
  options: { waitSeconds: number },
  use: (slot: Slot) => Promise<T>,
): Promise<T | Refused> {
  const path = slotLockPath(context.workspacesDir, at.slot.slotId);
  mkdirSync(dirname(path), { recursive: true });
  const lock = await takeLock(context, path, options.waitSeconds);
  if (lock.kind !== "held") return lock;
  try {
    const places = [dirname(at.slot.recordPath), at.slot.path];
    const outside = places.find((place) => !isReallyInside(at.pool.directory, place));
    if (outside !== undefined) return refused("unsafe_path", `${outside} leads out of the pool`);
    const locked = { ...at.slot, reading: readSlotRecord(at.slot.recordPath, context.timeZone) };
    const scope = { inheritedDescriptors: [lock.descriptor], recoveryId: randomUUID() };
    return await withGitScope(scope, () => use(locked));
  } catch (error) {
    if (error instanceof LendingError) return refused(error.reason, error.message);
    throw error;
  } finally {
    lock.release();
  }
}

async function takeLock(context: LendingContext, path: string, waitSeconds: number) {
  try {
    const lock =
      waitSeconds > 0
        ? await acquireSlotLock(path, { timeoutSeconds: waitSeconds, clock: context.clock })
        : tryAcquireSlotLock(path);
    return lock.kind === "held" ? lock : refused("lock_held", lock.detail);
  } catch (error) {
    // One lock file that cannot be opened must not keep the other slots from being allocated.
    if (error instanceof CodedError && error.code === "SLOT_LOCK_UNUSABLE")
      return refused("lock_unusable", error.message);
    throw error;
  }
}

/**
 * Replaces the given fields of slot.json; every other field stays, times become local. Returns the slot as it is then.
 * @throws LendingError `LOCK_HELD` if another program has changed the state since: the slot is that program's
 */
export function changeRecord(context: LendingContext, slot: ReadableSlot, changes: JsonObject): ReadableSlot {
  const { timeZone, clock } = context;
  const before = readSlotRecord(slot.recordPath, timeZone);
  if (before.kind !== "valid" || before.record.state !== slot.reading.record.state)
    throw new LendingError("lock_held", writtenMeanwhile(slot));
  const fields = { ...fieldsWithLocalTimes(before.record, timeZone), ...changes };
  writeSlotRecord({ fields, path: slot.recordPath, now: clock.now(), timeZone });
  const reading = readSlotRecord(slot.recordPath, timeZone);
  if (reading.kind === "valid") return { ...slot, reading };
  throw new CodedError("SLOT_RECORD_UNREADABLE", `${slot.recordPath} was written and cannot be read again`);
}

export function writtenMeanwhile({ recordPath }: Slot): string {
  return `another program wrote ${recordPath} although its slot was locked`;
}

/** What the slot's files show, with what only git can tell of them: such as a setting that git refuses. */
export async function inspectLocked(
  context: LendingContext,
  pool: Pool,
  slot: Slot,
): Promise<SlotInspection> {
  const { clock, timeZone, stateDir, cleanupTimeoutSeconds } = context;
  const inspection = inspectSlot(slot, { pool, processes: undefined, now: clock.now(), timeZone, stateDir });
  const [settled = inspection] = await verifyInspections([inspection], cleanupTimeoutSeconds);
  return settled;
}
