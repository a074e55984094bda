import { parseSlotId } from "../pool/slot-id.ts";
import type { OrphanedLock } from "./anomaly.ts";

/** Facts about one entry of the locks directory, as far as this judgement needs them. */
export interface LockCandidate {
  readonly slotId: string;
  readonly path: string;
  readonly entryKind: "file" | "directory";
  readonly modifiedAt: Date;
  readonly isFree: boolean;
}

/**
 * A lock of a slot that exists is normal, however old: its mtime is that of the last attempt. Orphaned is a lock of no
 * slot that nobody holds, or an old lock directory, each older than the threshold.
 */
export function detectOrphanedLocks(
  locks: readonly LockCandidate[],
  knownSlotIds: ReadonlySet<string>,
  options: { staleLockHours: number; now: Date },
): OrphanedLock[] {
  return locks.flatMap((lock) => {
    const ageHours = (options.now.getTime() - lock.modifiedAt.getTime()) / 3_600_000;
    const isKnown = knownSlotIds.has(lock.slotId);
    if (ageHours < options.staleLockHours || (lock.entryKind === "file" && (isKnown || !lock.isFree)))
      return [];
    return [
      {
        kind: "orphaned_lock" as const,
        slotId: lock.slotId,
        repoName: parseSlotId(lock.slotId)?.repoName ?? "",
        path: lock.path,
        reason: isKnown ? ("stale_lock_directory" as const) : ("no_such_slot" as const),
        ageHours,
      },
    ];
  });
}
