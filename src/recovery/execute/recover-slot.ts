import type { CorruptedSlot, LongAllocatedSlot } from "../../anomalies/anomaly.ts";
import { detectLongAllocatedSlot } from "../../anomalies/detect-long-allocated-slot.ts";
import { release } from "../steps/release.ts";
import type { SlotAssessment } from "./assess-slot.ts";
import type { RecoveryAction } from "../recovery-action.ts";
import type { RunParts } from "./recovery-parts.ts";
import { isManual } from "../recovery-request.ts";
import { firstStep, SlotRepair } from "./repair-slot.ts";
import { withSlotSession, type SlotName, type SlotSession } from "./slot-session.ts";

/** All that a run means to do to one slot. */
export interface SlotTask extends SlotName {
  readonly release: LongAllocatedSlot | undefined;
  readonly repair: CorruptedSlot | undefined;
  /** `recoverSlot` by hand puts an isolated slot back into rotation where nothing is wrong with it any more. */
  readonly isIsolated: boolean;
}

/** Whether something is left that a later pass may mend. */
export type SlotEnd = "ended" | "remains";

/**
 * One slot of a run, under its lock: first the forced release, then the repair, then what becomes of an isolated or
 * unrepairable slot. In a pass that is not the last, an unrepairable slot is left for the next.
 */
export async function recoverSlot(
  task: SlotTask,
  parts: RunParts,
  options: { isLastPass: boolean },
): Promise<SlotEnd> {
  let end: SlotEnd = "ended";
  await withSlotSession(task, firstAction(task), parts, async (session) => {
    if (task.release !== undefined) await releaseLongAllocated(task.release, session);
    const isRepaired = task.repair === undefined || (await repair(task.repair, session));
    if (isRepaired === true) {
      if (task.isIsolated) await releaseIsolated(session);
      return;
    }
    if (isRepaired === false || parts.run.request.options.dryRun) return;
    if (!options.isLastPass) {
      end = "remains";
      return;
    }
    const isForced = parts.run.request.force && (await isRepaired.force());
    if (!isForced) await isRepaired.isolate();
  });
  return end;
}

function firstAction({ release: forced, repair: accused }: SlotTask): RecoveryAction {
  if (forced !== undefined || accused === undefined) return "release";
  return firstStep(accused.reasons, "clone");
}

/** @returns true where the slot is sound, false where it was left alone, else the repair that failed. */
async function repair(accused: CorruptedSlot, session: SlotSession): Promise<boolean | SlotRepair> {
  const attempt = new SlotRepair(session, accused);
  const end = await attempt.run();
  if (end === "failed") return attempt;
  if (end === "recovered") session.parts.run.count(session.slot.repoName, "corruptedRecovered");
  return end === "recovered";
}

async function releaseLongAllocated(accused: LongAllocatedSlot, session: SlotSession): Promise<void> {
  const { parts, slot } = session;
  const look = await session.look();
  const now = parts.inspection.clock.now();
  const current =
    look === undefined ? undefined : detectLongAllocatedSlot(look.inspection, parts.thresholds, now);
  const about = { ...slot, action: "release" as const };
  if (look === undefined || current === undefined) {
    parts.run.refuse(about, {
      reason: "fault_gone",
      detail: "the slot is not allocated for so long any more",
    });
    return;
  }
  const refusal = session.refuse(look) ?? refuseUnknownActivity(current, session);
  if (refusal !== undefined) {
    parts.run.refuse(about, refusal);
    return;
  }
  const isReleased = await releaseSlot(session, look, accused.reason);
  session.isReleased = isReleased;
  if (isReleased && !parts.run.request.options.dryRun)
    parts.run.count(slot.repoName, "longAllocatedReleased");
}

function refuseUnknownActivity({ activity }: LongAllocatedSlot, { parts }: SlotSession) {
  if (activity !== "unknown" || isManual(parts.run.request)) return undefined;
  return {
    reason: "activity_unknown" as const,
    detail: "the processes of this machine cannot be seen, and there is no fresh heartbeat",
  };
}

async function releaseIsolated(session: SlotSession): Promise<void> {
  const { run } = session.parts;
  const look = await session.look();
  if (look === undefined) return;
  const refusal = session.refuse(look);
  if (refusal !== undefined) run.refuse({ ...session.slot, action: "release" }, refusal);
  else await releaseSlot(session, look, "isolated");
}

/** @returns whether the slot is available now, or would be in a dry run. */
async function releaseSlot(session: SlotSession, look: SlotAssessment, reason: string): Promise<boolean> {
  const { run } = session.parts;
  const end = await run.step(session.subject("release", reason), async (note) => {
    const result = await release(session.context(look, note));
    return result.outcome === "done" ? { ...result, hasRecovered: true } : result;
  });
  if (end?.outcome === "failed")
    run.fail(session.slot.repoName, `${session.slot.slotId} was not released: ${end.detail}`);
  return end === undefined || end.outcome === "done";
}
