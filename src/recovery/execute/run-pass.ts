import PQueue from "p-queue";
import { recoverNothing } from "../plan/recovery-options.ts";
import { firstAction } from "../plan/refused-plan.ts";
import { moveOrphanedLock } from "../steps/move-orphaned-lock.ts";
import type { SlotTarget } from "../plan/select-targets.ts";
import { recoverySteps } from "../steps/step-registry.ts";
import { PlanExecution, type SlotEnd } from "./execute-plan.ts";
import { findTargets, type AdmittedTarget, type FoundTargets, type TargetSources } from "./find-targets.ts";
import { describeUnseen } from "./describe-unseen.ts";
import { PoolMutex } from "./pool-mutex.ts";
import type { LiveParts } from "./recovery-parts.ts";
import type { RecoveryRun } from "./recovery-run.ts";
import { withSlotSession } from "./slot-session.ts";

/** One pass of a run over everything that it acts on. @returns how many slots a later pass may still repair. */
export async function runPass(
  live: LiveParts,
  sources: TargetSources,
  { isFirstPass, isLastPass }: { isFirstPass: boolean; isLastPass: boolean },
): Promise<number> {
  const { request, controls } = live.parts;
  const found = await findTargets(live.parts, sources);
  refuseTargets(found, live.run);
  if (isFirstPass) for (const unseen of describeUnseen(request, found)) live.run.fail("", unseen);
  const turns = new PoolMutex(found.snapshot);
  const hasMore = ({ target }: AdmittedTarget): boolean => !isLastPass || isOfSharedRepository(target);
  const inOrder = found.admitted.toSorted((one, other) => turnOf(one.target) - turnOf(other.target));
  const { left, repaired } = await recoverAll(inOrder, live, { turns, hasMore });
  const again = isLastPass ? left.filter(hasMore) : [];
  const notices = again.map(({ target }) => ({ target, notice: undefined }));
  const second = await recoverAll(notices, live, { turns, hasMore: () => false });
  const changed = [...repaired, ...second.repaired].filter(({ target }) => isOfSharedRepository(target));
  await recoverUncovered(new Set(changed.map(({ target }) => target.repoName)), live, sources);
  for (const lock of found.lockMoves)
    if (controls.signal?.aborted !== true) await moveOrphanedLock(lock, live);
  return left.length - again.length + second.left.length;
}

/**
 * What the repair of a shared repository could not bring back, a slot may lack that only a deep check shows: an object of
 * its index or its reflog. The slot that was repaired had one, the others of the pool had not.
 */
async function recoverUncovered(
  pools: ReadonlySet<string>,
  { parts, run }: LiveParts,
  sources: TargetSources,
): Promise<void> {
  const { request, controls } = parts;
  if (request.options.deep || request.slotId !== undefined) return;
  for (const pool of pools) {
    if (controls.signal?.aborted === true) return;
    const options = { ...request.options, ...recoverNothing, recoverCorrupted: true, pool, deep: true };
    const deep = { run, parts: { ...parts, request: { ...request, options }, isDeep: true } };
    await runPass(deep, sources, { isFirstPass: false, isLastPass: true });
  }
}

/** The repair of one slot may make another's possible, so each slot of a pool is tried before one is isolated. */
function isOfSharedRepository({ repair }: SlotTarget): boolean {
  return repair?.reasons.includes("main_repo_broken") === true;
}

/**
 * Slots that lack more than the repository that all share come after those that can repair it, and last of all those without
 * their directory: what such a slot lacks in the repository nobody has looked at, and it is made again from there.
 */
function turnOf(target: SlotTarget): number {
  const reasons = target.repair?.reasons ?? [];
  if (reasons.includes("slot_missing")) return 2;
  return isOfSharedRepository(target) && reasons.length > 1 ? 1 : 0;
}

interface RecoveredTargets {
  /** Those that remain for a later turn. */
  readonly left: readonly AdmittedTarget[];
  readonly repaired: readonly AdmittedTarget[];
}

async function recoverAll(
  admitted: readonly AdmittedTarget[],
  live: LiveParts,
  { turns, hasMore }: { turns: PoolMutex; hasMore: (admitted: AdmittedTarget) => boolean },
): Promise<RecoveredTargets> {
  const queue = new PQueue({ concurrency: live.parts.settings.concurrency });
  const left: AdmittedTarget[] = [];
  const repaired: AdmittedTarget[] = [];
  for (const one of admitted)
    void queue.add(async () => {
      if (live.parts.controls.signal?.aborted === true) return;
      const isLastPass = !hasMore(one);
      const end = await turns.take(one.target.repoName, () => recoverSlot(one, live, { isLastPass }));
      if (end === "remains") left.push(one);
      else if (end === "repaired") repaired.push(one);
    });
  await queue.onIdle();
  return { left, repaired };
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
