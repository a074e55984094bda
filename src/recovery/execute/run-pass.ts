import PQueue from "p-queue";
import { firstAction } from "../plan/refused-plan.ts";
import { moveOrphanedLock } from "../steps/move-orphaned-lock.ts";
import { recoverySteps } from "../steps/step-registry.ts";
import { PlanExecution, type SlotEnd } from "./execute-plan.ts";
import { findTargets, type AdmittedTarget, type FoundTargets, type TargetSources } from "./find-targets.ts";
import { describeUnseen } from "./describe-unseen.ts";
import { PoolMutex } from "./pool-mutex.ts";
import type { RunParts } from "./recovery-parts.ts";
import type { RecoveryRun } from "./recovery-run.ts";
import { withSlotSession } from "./slot-session.ts";

export interface LiveParts {
  readonly parts: RunParts;
  readonly run: RecoveryRun;
}

/** One pass of a run over everything that it acts on. @returns how many slots a later pass may still repair. */
export async function runPass(
  live: LiveParts,
  sources: TargetSources,
  options: { isFirstPass: boolean; isLastPass: boolean },
): Promise<number> {
  const { signal } = live.parts.controls;
  const found = await findTargets(live.parts, sources);
  refuseTargets(found, live.run);
  if (options.isFirstPass)
    for (const unseen of describeUnseen(live.parts.request, found)) live.run.fail("", unseen);
  const queue = new PQueue({ concurrency: live.parts.settings.concurrency });
  const turns = new PoolMutex(found.snapshot);
  let remaining = 0;
  for (const admitted of found.admitted)
    void queue.add(async () => {
      if (signal?.aborted === true) return;
      const end = await turns.take(admitted.target.repoName, () => recoverSlot(admitted, live, options));
      if (end === "remains") remaining++;
    });
  await queue.onIdle();
  for (const lock of found.lockMoves) if (signal?.aborted !== true) await moveOrphanedLock(lock, live);
  return remaining;
}

function refuseTargets({ refused }: FoundTargets, run: RecoveryRun): void {
  for (const { target, refusal } of refused) {
    const { slotId, repoName } = target;
    run.refuse({ slotId, repoName, action: firstAction(target, recoverySteps) }, refusal);
  }
}

/** One slot of a run, under its lock. */
async function recoverSlot(
  { target, notice }: AdmittedTarget,
  live: LiveParts,
  { isLastPass }: { isLastPass: boolean },
): Promise<SlotEnd> {
  let end: SlotEnd = "ended";
  if (notice !== undefined) live.run.notice(target.slotId, notice);
  const { request } = live.parts;
  await withSlotSession(target, firstAction(target, recoverySteps), live, async (session) => {
    end = await new PlanExecution(target, session, { request, rules: recoverySteps, isLastPass }).run();
  });
  return end;
}
