import type { PlannedReclaim, ReclaimResult } from "../recovery/execute/plan-reclaim.ts";
import { reclaimReason } from "../recovery/plan/select-reclaimable.ts";
import type { ActionReport } from "../recovery/recovery-report.ts";
import { refusedExitCode } from "./recover-report.ts";

export type PrintedReclaimReport = ReturnType<typeof createReclaimReport>;

/** What `reclaim --json` prints: the largest slot first. */
export function createReclaimReport({ plan, reclaimed, report }: ReclaimResult) {
  const slots = plan.slots.map((slot) => ({
    ...describeSlot(slot),
    ...describeEnd(slot, report?.actions),
    reclaim_id: reclaimed.get(slot.slotId) ?? null,
  }));
  const going = slots.filter(({ outcome }) => outcome === "done" || outcome === "planned");
  return {
    dry_run: report === undefined,
    candidates: plan.candidateCount,
    slots,
    bytes: going.reduce((sum, { bytes }) => sum + bytes, 0),
    errors: [...plan.errors, ...(report?.errors ?? [])],
  };
}

function describeSlot({ slotId, repoName, path, bytes, lastActiveAt, unsavedWork }: PlannedReclaim) {
  return {
    ...{ slot_id: slotId, repo_name: repoName, slot_path: path, bytes },
    last_activity_at: lastActiveAt?.toISOString() ?? null,
    unsaved_work: unsavedWork,
  };
}

/** Without a report, what would become of it. */
function describeEnd(planned: PlannedReclaim, actions: readonly ActionReport[] | undefined) {
  const { slotId, refusal } = planned;
  const action = actions?.find((each) => each.slotId === slotId);
  if (action !== undefined) {
    const { outcome, reason, detail, salvageId } = action;
    return { outcome, reason, detail, salvage_id: salvageId ?? null };
  }
  const isStopped = actions !== undefined;
  const reason = refusal?.reason ?? (isStopped ? "stopped" : reclaimReason(planned));
  const outcome = refusal !== undefined || isStopped ? ("refused" as const) : ("planned" as const);
  return { outcome, reason, detail: refusal?.detail ?? "", salvage_id: null };
}

/** Slots that somebody named and that are kept are a refusal; of all others only what went wrong counts. */
export function reclaimExitCode({ slots, errors }: PrintedReclaimReport, isNamed: boolean): 0 | 1 | 4 {
  if (errors.length > 0 || slots.some(({ outcome }) => outcome === "failed")) return 1;
  return isNamed && slots.some(({ outcome }) => outcome === "refused") ? refusedExitCode : 0;
}
