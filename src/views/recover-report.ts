import type { RecoveryReport } from "../recovery/recovery-report.ts";

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

/** 1 if something ended badly or had to be isolated. A guard's refusal, or a failed step before one that helped, is no failure. */
export function recoverExitCode(report: RecoveryReport): 0 | 1 {
  return report.errors.length > 0 || report.corruptedIsolated > 0 ? 1 : 0;
}

/** 1 if the slot was not taken out of rotation. */
export function isolateExitCode(report: RecoveryReport): 0 | 1 {
  const hasFailed = report.errors.length > 0 || report.actions.some(({ outcome }) => outcome !== "done");
  return hasFailed ? 1 : 0;
}
