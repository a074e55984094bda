import { hoursBetween } from "../platform/clock.ts";
import { parseSlotId } from "../pool/slot-id.ts";
import type { OrphanedLock } from "./anomaly.ts";

/** Facts about one entry of the locks directory, as far as this judgement needs them. */
export interface LockCandidate {
  readonly slotId: string;
  readonly path: string;
  readonly entryKind: "file" | "directory";
  readonly ownerUid: number;
  readonly modifiedAt: Date;
  readonly isFree: boolean;
}

/** The slots that locks are judged against. */
export interface LockInventory {
  readonly slotIds: ReadonlySet<string>;
  /** False if any pool was not read: its slots are not known, so no lock is judged. */
  readonly isWhole: boolean;
  /** What else is in the workspaces directory: it may be a pool that is being made, or another name of one. */
  readonly otherNames: readonly string[];
}

/**
 * A lock of a slot that exists is normal, however old: its mtime is that of the last attempt. Orphaned is a lock of no
 * slot that nobody holds, or an old lock directory, each older than the threshold. Only a name that could be a slot's
 * is judged: what else lies there belongs to somebody else.
 */
export function detectOrphanedLocks(
  locks: readonly LockCandidate[],
  inventory: LockInventory,
  options: { staleLockHours: number; now: Date },
): OrphanedLock[] {
  if (!inventory.isWhole) return [];
  return locks.flatMap((lock) => {
    const name = parseSlotId(lock.slotId);
    if (name === undefined || inventory.otherNames.includes(name.repoName)) return [];
    const ageHours = hoursBetween(lock.modifiedAt, options.now);
    const isKnown = inventory.slotIds.has(lock.slotId);
    if (ageHours < options.staleLockHours || (lock.entryKind === "file" && (isKnown || !lock.isFree)))
      return [];
    return [
      {
        kind: "orphaned_lock" as const,
        slotId: lock.slotId,
        repoName: name.repoName,
        path: lock.path,
        reason: isKnown ? ("stale_lock_directory" as const) : ("no_such_slot" as const),
        ownerUid: lock.ownerUid,
        ageHours,
      },
    ];
  });
}
