import { nothingDone, type ActionReport, type RecoveryReport } from "../recovery-report.ts";
import type { Refusal } from "../refusal.ts";
import type { PlannedStep, RecoveryPlan, SlotPlan } from "./recovery-plan.ts";

/** A dry run's report: what would be tried, slot by slot, in order. */
export function reportPlan(plan: RecoveryPlan): RecoveryReport {
  const actions = [...plan.slots, ...plan.lockMoves].flatMap(reportSlotPlan);
  return reportActions(
    actions,
    plan.errors.map(({ message }) => message),
  );
}

/** The report of a run that only planned. */
export function reportActions(actions: readonly ActionReport[], errors: readonly string[]): RecoveryReport {
  return { ...nothingDone, errors, actions, dryRun: true };
}

/** A run stops at a refused step, so the steps after it are left out. If it is the first, the whole run would be refused. */
function reportSlotPlan(plan: SlotPlan): ActionReport[] {
  const end = plan.steps.findIndex(({ refusedNow }) => refusedNow !== undefined);
  const steps = end === -1 ? plan.steps : plan.steps.slice(0, end + 1);
  return steps.map((step, index) => {
    const notice = index === 0 && plan.notice !== undefined ? [describeNotice(plan.notice)] : [];
    const { slotId, repoName } = plan;
    const { action, reason, purpose, endsWhen, refusedNow } = step;
    const about = { slotId, repoName, action, durationSeconds: 0 };
    if (index === 0 && refusedNow !== undefined) {
      const detail = [refusedNow.detail, ...notice].join("; ");
      return { ...about, outcome: "refused", reason: refusedNow.reason, detail };
    }
    const refusal =
      refusedNow === undefined
        ? {}
        : { refusedNow: { reason: refusedNow.reason, detail: refusedNow.detail } };
    const detail = [describeStep(step, plan), ...notice].join("; ");
    return { ...about, outcome: "planned", reason, detail, purpose, endsWhen, ...refusal };
  });
}

function describeStep({ purpose, refusedNow }: PlannedStep, { steps }: SlotPlan): string {
  const when = {
    repair: "until the check that reported the slot passes",
    release: steps.length > 1 ? "once the check passes" : "work is saved, then the slot is cleaned",
    force: "if the check still fails",
    isolate: "if the check still fails",
    move_lock: "if nobody holds the lock",
  }[purpose];
  return refusedNow === undefined
    ? when
    : `${when}; refused now (${refusedNow.reason}): ${refusedNow.detail}`;
}

/** What a guard of unattended runs says; a person's run reports it and continues. */
export function describeNotice({ reason, detail }: Refusal): string {
  return `continued despite ${reason} (${detail})`;
}
