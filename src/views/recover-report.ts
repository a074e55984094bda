import type { ActionReport, RecoveryReport } from "../recovery/recovery-report.ts";

export type PrintedRecoveryReport = ReturnType<typeof createRecoverReport>;

/** What `recover --json` prints; the first five names are the guide's. */
export function createRecoverReport(report: RecoveryReport) {
  return {
    long_allocated_released: report.longAllocatedReleased,
    corrupted_recovered: report.corruptedRecovered,
    corrupted_isolated: report.corruptedIsolated,
    orphaned_locks_cleaned: report.orphanedLocksCleaned,
    errors: report.errors,
    dry_run: report.dryRun,
    actions: report.actions.map((action) => ({
      slot_id: action.slotId,
      action: action.action,
      outcome: action.outcome,
      reason: action.reason,
      detail: action.detail,
      duration_seconds: action.durationSeconds,
      ...(action.salvageId === undefined ? {} : { salvage_id: action.salvageId }),
      ...(action.purpose === undefined ? {} : { purpose: action.purpose }),
      ...(action.endsWhen === undefined ? {} : { ends_when: action.endsWhen }),
      ...(action.refusedNow === undefined ? {} : { refused_now: action.refusedNow }),
    })),
  };
}

/** A pause, a lock or a guard kept `recover` from doing something, and nothing failed. */
export const refusedExitCode = 4;

/**
 * 1 if something ended badly or had to be isolated, else 4 if a pause, a lock or a guard kept something from being
 * done. A step that failed or was refused before one that helped is neither.
 */
export function recoverExitCode(report: RecoveryReport): 0 | 1 | 4 {
  if (report.errors.length > 0 || report.corruptedIsolated > 0) return 1;
  return report.actions.some((action, index) => isLeftUndone(action, report.actions.slice(index + 1)))
    ? refusedExitCode
    : 0;
}

/** A fault that was gone before the step began needs nothing. */
function isLeftUndone({ outcome, reason, slotId }: ActionReport, later: readonly ActionReport[]): boolean {
  if (outcome !== "refused" || reason === "fault_gone") return false;
  return !later.some((action) => action.slotId === slotId && action.outcome === "done");
}

/** 1 if the slot was not taken out of rotation. */
export function isolateExitCode(report: RecoveryReport): 0 | 1 {
  const hasFailed = report.errors.length > 0 || report.actions.some(({ outcome }) => outcome !== "done");
  return hasFailed ? 1 : 0;
}
