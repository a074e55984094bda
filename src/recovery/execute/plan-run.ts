import type { Journal } from "../../journal/journal.ts";
import type { Clock } from "../../platform/clock.ts";
import { asError } from "../../platform/coded-error.ts";
import { noProgress } from "../plan/plan-slot.ts";
import type { RecoveryPlan, SlotPlan } from "../plan/recovery-plan.ts";
import { refusedPlan } from "../plan/refused-plan.ts";
import { withFoundFault } from "../plan/select-targets.ts";
import { goalsOf } from "../plan/slot-goals.ts";
import type { RecoveryReport } from "../recovery-report.ts";
import type { RecoveryRequest } from "../recovery-request.ts";
import { planLockMove } from "../steps/move-orphaned-lock.ts";
import { recoverySteps } from "../steps/step-registry.ts";
import { describeUnseen } from "./describe-unseen.ts";
import { findTargets, type AdmittedTarget, type TargetSources } from "./find-targets.ts";
import type { RunParts } from "./recovery-parts.ts";
import { SlotPlanner } from "./slot-planner.ts";

/** What a run would do now: looks at everything, changes nothing, takes no lock. */
export async function planRun(parts: RunParts, sources: TargetSources): Promise<RecoveryPlan> {
  const found = await findTargets(parts, sources);
  const { admitted, refused, lockMoves } = found;
  const slots = refused.map(({ target, refusal }) => refusedPlan(target, refusal, recoverySteps));
  const errors = describeUnseen(parts.request, found).map((message) => ({ repoName: "", message }));
  for (const each of admitted) {
    try {
      const plan = await planTarget(each, parts);
      if (plan !== undefined) slots.push(plan);
    } catch (error) {
      const { slotId, repoName } = each.target;
      errors.push({ repoName, message: `${slotId}: ${asError(error).message}` });
    }
  }
  return { slots, lockMoves: lockMoves.map((lock) => planLockMove(lock, parts)), errors };
}

/** Undefined if nothing is wrong with the slot any more. */
async function planTarget(
  { target, notice }: AdmittedTarget,
  parts: RunParts,
): Promise<SlotPlan | undefined> {
  const planner = new SlotPlanner(target, parts);
  const facts = await planner.look({ isDeep: false });
  if (facts === undefined) return undefined;
  const found = withFoundFault(target, facts, parts.request);
  const goals = goalsOf(found, facts, { request: parts.request, isLastPass: true });
  return { ...(await planner.plan(facts, goals, { progress: noProgress, asked: "all" })), notice };
}

/** Keeps what a dry run planned in the journal. A dry run makes no journal, and needs none. */
export function journalPlan(
  { recoveryId, trigger, requestedBy, slotId }: RecoveryRequest,
  report: RecoveryReport,
  { journal, clock }: { journal: Journal; clock: Clock },
): void {
  if (!journal.isWritable()) return;
  const about = { recovery_id: recoveryId, trigger, requested_by: requestedBy, mode: "dry_run" as const };
  const outcomes = report.actions.map((action) => ({
    ...about,
    kind: "outcome" as const,
    ...{ slot_id: action.slotId, repo_name: action.repoName, action: action.action, reason: action.reason },
    ...{ outcome: action.outcome, detail: action.detail, duration_seconds: 0 },
  }));
  try {
    journal.append({ ...about, kind: "run_started", slot_id: slotId }, clock.now());
    for (const outcome of outcomes) journal.append(outcome, clock.now());
    journal.append({ ...about, kind: "run_finished", data: { results: {} } }, clock.now());
  } catch {
    // The plan is shown even if the journal cannot be written.
  }
}
