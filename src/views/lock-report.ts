import type { OrphanedLock } from "../anomalies/anomaly.ts";
import type { ListedLock } from "../lending/lock-manager.ts";
import type { RecoveryReport } from "../recovery/recovery-report.ts";

/** What `locks list --json` prints: every slot lock, and why it is orphaned if it is. */
export function createLockReports(locks: readonly ListedLock[], orphanedLocks: readonly OrphanedLock[]) {
  const orphaned = new Map(orphanedLocks.map((lock) => [lock.path, lock.reason]));
  return locks.map((lock) => ({
    slot_id: lock.slotId,
    path: lock.path,
    held: lock.isHeld,
    holders: lock.holders,
    orphaned: orphaned.get(lock.path) ?? null,
  }));
}

/** What `locks clean --json` prints. */
export function createLockCleaningReport({ orphanedLocksCleaned, errors }: RecoveryReport) {
  return { orphaned_locks_cleaned: orphanedLocksCleaned, errors };
}
