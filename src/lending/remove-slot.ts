import { readEntry } from "../platform/regular-file.ts";
import { systemErrorCode } from "../platform/coded-error.ts";
import { dirname } from "node:path";
import { listBorrowers, listOutsideWorkTrees, readBorrowedStores } from "../inspection/dependents.ts";
import { findOwnAdmin } from "../git/worktrees.ts";
import { mainRepositoryOf } from "../pool/layouts/layout.ts";
import type { Pool, Slot } from "../pool/pool.ts";
import { isStillAsRead } from "../pool/pool-store.ts";
import { SlotState } from "../pool/records/slot-record.ts";
import { createStamp } from "../salvage/create-stamp.ts";
import { moveToQuarantine } from "../salvage/quarantine.ts";
import { saveWork } from "../salvage/save/save-work.ts";
import { CleanIndex } from "./clean-index.ts";
import { refused, type LendingContext, type Refused } from "./lending-context.ts";
import { findPool, findSlot, withSlotLock, writtenMeanwhile } from "./locked-slot.ts";
import { withPoolLock } from "./pool-lock.ts";
import { unreadableCount, writeSlotCount } from "./pool-record-writer.ts";

/** A slot that was moved to quarantine. */
export interface Removed {
  readonly kind: "removed";
  /** Where the slot's directories are now. */
  readonly movedTo: readonly string[];
  readonly salvageId: string | undefined;
}

export type RemovalResult = Removed | Refused;

/**
 * Takes a slot out of its pool: unsaved work is saved, its directories are moved to quarantine. An allocated slot goes
 * only by `force`, one whose lock is held never. @throws UsageError `SLOT_UNKNOWN`.
 */
export async function removeSlot(
  context: LendingContext,
  slotId: string,
  options: { force: boolean },
): Promise<RemovalResult> {
  const { pool, slot } = findSlot(context, slotId);
  return withPoolLock(context, pool.repoName, () =>
    withSlotLock(context, { pool, slot }, { waitSeconds: context.lockTimeoutSeconds }, (locked) =>
      // Somebody may have removed it while the locks were waited for: then it is unknown by now.
      remove(context, { pool: findSlot(context, slotId).pool, slot: locked }, options),
    ),
  );
}

async function remove(
  context: LendingContext,
  { pool, slot }: { pool: Pool; slot: Slot },
  { force }: { force: boolean },
): Promise<RemovalResult> {
  if (pool.record === undefined) return refused("pool_metadata_invalid", unreadableCount(pool));
  const state = slot.reading.kind === "valid" ? slot.reading.record.state : undefined;
  if (!force && (state === SlotState.ALLOCATED || state === SlotState.CLEANING))
    return refused("allocated", `${slot.slotId} is ${state}: it is removed only by force`);
  const needed = refuseNeeded(pool, slot);
  if (needed !== undefined) return needed;
  const stamp = createStamp(context.clock.now());
  const saved = await saveBefore(context, { pool, slot, stamp });
  if (saved.kind === "incomplete") return refused(saved.reason, saved.detail);
  if (!isStillAsRead(slot, context.timeZone)) return refused("lock_held", writtenMeanwhile(slot));
  // The pool manager counts without a lock, and the save took its time.
  const { record, slots } = findPool(context, pool.repoName);
  if (record === undefined) return refused("pool_metadata_invalid", unreadableCount(pool));
  try {
    const movedTo = moveAside(context, { pool, slot, stamp });
    new CleanIndex({ stateDir: context.stateDir, slotId: slot.slotId }).drop();
    // Counted out last: killed in between, we leave a counted slot that is missing, which detection names.
    const others = slots.filter((other) => other.slotId !== slot.slotId).length;
    writeSlotCount(context, pool, { record, numSlots: others });
    return { kind: "removed", movedTo, salvageId: saved.kind === "saved" ? saved.salvageId : undefined };
  } catch (error) {
    if (systemErrorCode(error) !== "EXDEV") throw error;
    return refused(
      "other_file_system",
      "the state directory is on another file system: nothing can be moved aside",
    );
  }
}

/** Not by force either: what is saved of the slot keeps neither of them alive. */
function refuseNeeded(pool: Pool, slot: Slot): Refused | undefined {
  const [workTree] = listOutsideWorkTrees(slot);
  if (workTree !== undefined) {
    const detail = `${workTree} is a work tree of ${slot.path}: remove it with \`git worktree remove\` or \`jj workspace forget\` first`;
    return refused("needed_elsewhere", detail);
  }
  const [borrower] = listBorrowers(slot, readBorrowedStores(pool));
  if (borrower === undefined) return undefined;
  const detail = `${borrower} borrows objects from ${slot.path}: run \`git repack -a -d\` there, then remove its .git/objects/info/alternates`;
  return refused("needed_elsewhere", detail);
}

interface Place {
  readonly pool: Pool;
  readonly slot: Slot;
  readonly stamp: string;
}

async function saveBefore(context: LendingContext, place: Place) {
  if (readEntry(place.slot.path).kind === "missing") return { kind: "nothing_unsaved" } as const;
  return saveWork({ ...context, ...place }, "remove");
}

/**
 * The work tree, what the main repository keeps of it, and the directory of slot.json. Branches stay. The record goes last: as
 * long as it is there, the slot can be removed again, and what a killed removal has left goes then.
 */
function moveAside({ stateDir }: LendingContext, { pool, slot, stamp }: Place): string[] {
  const admin = slot.layout === "worktree" ? findOwnAdmin(slot.path, mainRepositoryOf(pool)) : undefined;
  const paths = new Set([slot.path, ...(admin === undefined ? [] : [admin]), dirname(slot.recordPath)]);
  const place = {
    ...{ stateDir, stamp, slotId: slot.slotId, within: pool.directory },
    note: () => undefined,
  };
  return [...paths]
    .filter((path) => readEntry(path).kind !== "missing")
    .map((path) => moveToQuarantine(path, place));
}
