import type { CorruptedSlot, LongAllocatedSlot, OrphanedLock } from "../anomalies/anomaly.ts";
import type { CorruptionReason } from "../anomalies/corruption-reason.ts";
import { countSlots } from "../anomalies/create-snapshot.ts";
import { detectCorruptedSlot } from "../anomalies/detect-corrupted-slot.ts";
import type { Snapshot } from "../anomalies/snapshot.ts";
import type { Thresholds } from "../anomalies/thresholds.ts";
import { inspectPools, type InspectionSettings } from "../inspection/inspect-pools.ts";
import type { Journal } from "../journal/journal.ts";
import { acquireSlotLock, slotLockPath } from "../locks/slot-lock.ts";
import { asError } from "../platform/coded-error.ts";
import { SlotState } from "../pool/slot-record.ts";
import { isolate } from "./actions/isolate.ts";
import { moveGitLock } from "./actions/move-git-lock.ts";
import { moveSlotLock } from "./actions/move-slot-lock.ts";
import { rebuildIndex } from "./actions/rebuild-index.ts";
import { reclone } from "./actions/reclone.ts";
import { refetchObjects } from "./actions/refetch-objects.ts";
import { release } from "./actions/release.ts";
import { restoreLinks } from "./actions/restore-links.ts";
import { restoreMetadata } from "./actions/restore-metadata.ts";
import { restoreRefs } from "./actions/restore-refs.ts";
import { refuseUnattended, type UnattendedLimits } from "./guards/unattended-guards.ts";
import { planLadder, planRecovery } from "./plan-recovery.ts";
import type { RecoveryAction, Trigger } from "./recovery-action.ts";
import type { ActionResult, RecoveryContext } from "./recovery-context.ts";
import type { RecoveryReport } from "./recovery-report.ts";
import type { RecoveryRequest } from "./recovery-request.ts";
import { RecoveryRun as Run } from "./recovery-run.ts";

export interface RecoveryEngineOptions {
  readonly inspection: InspectionSettings;
  readonly thresholds: Thresholds;
  readonly journal: Journal;
  readonly unattendedLimits: UnattendedLimits;
  /** Why no step on the slot may begin now: a pause, of people's runs too, or a maintenance window. */
  readonly findPause: (slot: { slotId: string; repoName: string }, trigger: Trigger) => string | undefined;
  /** A fresh look at the pools, as deep as the request says. */
  readonly takeSnapshot: (scope: {
    pool?: string;
    deep: boolean;
    maxAllocationHours: number;
  }) => Promise<Snapshot>;
}

type SlotTask = (context: RecoveryContext, run: Run) => Promise<void>;

/** Executes recoveries: per slot it takes the lock, looks again, writes the intent, acts, verifies, writes the outcome. */
export class RecoveryEngine {
  readonly #options: RecoveryEngineOptions;

  constructor(options: RecoveryEngineOptions) {
    this.#options = options;
  }

  /** `recoverSlot` where the request names a slot, else `autoRecover`. */
  async run(request: RecoveryRequest): Promise<RecoveryReport> {
    const { options } = request;
    const snapshot = await this.#options.takeSnapshot({
      pool: options.pool,
      deep: options.deep,
      maxAllocationHours: options.maxAllocationHours,
    });
    const run = new Run(request, snapshot, {
      journal: this.#options.journal,
      clock: this.#options.inspection.clock,
    });
    run.begin();
    const isolated = new Set(snapshot.isolatedSlots.map((slot) => slot.slotId));
    const plan = planRecovery(
      snapshot.anomalies,
      request.slotId === undefined ? isolated : new Set(),
      options,
    );
    const isWanted = (target: { slotId: string }): boolean =>
      request.slotId === undefined || target.slotId === request.slotId;
    for (const slot of plan.releases.filter(isWanted)) {
      if (this.#isAllowed(slot, "release", run)) await this.#releaseLongAllocated(slot, run);
    }
    for (const slot of plan.repairs.filter(isWanted)) {
      if (this.#isAllowed(slot, "isolate", run)) await this.#repair(slot, run);
    }
    for (const lock of plan.lockMoves.filter(isWanted)) {
      if (!this.#isPaused(lock, "move_slot_lock", run)) this.#moveLock(lock, run);
    }
    const isolatedSlot = snapshot.isolatedSlots.find(({ slotId }) => slotId === request.slotId);
    if (isolatedSlot !== undefined && !this.#isPaused(isolatedSlot, "release", run))
      await this.#releaseIsolated(isolatedSlot.slotId, run);
    return run.finish();
  }

  /** Takes a slot out of rotation. */
  async isolate(request: RecoveryRequest, reason: string): Promise<RecoveryReport> {
    const slotId = request.slotId ?? "";
    const snapshot = await this.#options.takeSnapshot({
      deep: false,
      maxAllocationHours: request.options.maxAllocationHours,
    });
    const run = new Run(request, snapshot, {
      journal: this.#options.journal,
      clock: this.#options.inspection.clock,
    });
    run.begin();
    await this.#withSlot(slotId, "isolate", run, (context) => {
      return run
        .step(context, { action: "isolate", reason }, () => isolate(context, reason))
        .then(() => undefined);
    });
    return run.finish();
  }

  /** A person's run goes on where an unattended one would wait. */
  #isAllowed(slot: { slotId: string; repoName: string }, action: RecoveryAction, run: Run): boolean {
    if (this.#isPaused(slot, action, run)) return false;
    if (run.request.trigger === "command" || run.request.trigger === "api") return true;
    const { journal, inspection, unattendedLimits } = this.#options;
    const facts = { snapshot: run.snapshot, journal: journal.read(), now: inspection.clock.now() };
    const refusal = refuseUnattended(slot, facts, unattendedLimits);
    if (refusal !== undefined) run.refuse(slot, action, refusal.reason, refusal.detail);
    return refusal === undefined;
  }

  /** Looked at before every step: a pause that begins during a run lets the running step end, and no other begin. */
  #isPaused(slot: { slotId: string; repoName: string }, action: RecoveryAction, run: Run): boolean {
    const pause = this.#options.findPause(slot, run.request.trigger);
    if (pause !== undefined) run.refuse(slot, action, "paused", pause);
    return pause !== undefined;
  }

  async #releaseLongAllocated(slot: LongAllocatedSlot, run: Run): Promise<void> {
    if (slot.activity === "alive" && !run.request.options.includeAlive) {
      run.refuse(
        slot,
        "release",
        "allocation_alive",
        "a heartbeat or a process shows that the agent still works",
      );
      return;
    }
    if (slot.activity === "unknown" && run.request.trigger !== "command" && run.request.trigger !== "api") {
      run.refuse(slot, "release", "activity_unknown", "the processes of this machine cannot be seen");
      return;
    }
    await this.#release(slot.slotId, slot.reason, run);
  }

  async #releaseIsolated(slotId: string, run: Run): Promise<void> {
    if (run.hasFailedOn(slotId) && !run.request.force) return;
    await this.#release(slotId, "isolated", run);
  }

  async #release(slotId: string, reason: string, run: Run): Promise<void> {
    await this.#withSlot(slotId, "release", run, async (context) => {
      const result = await run.step(context, { action: "release", reason }, () => release(context));
      if (result?.outcome === "done") run.countReleased();
    });
  }

  async #repair(slot: CorruptedSlot, run: Run): Promise<void> {
    await this.#withSlot(slot.slotId, "salvage", run, (context) => this.#climb(slot, context, run));
  }

  async #climb(accused: CorruptedSlot, context: RecoveryContext, run: Run): Promise<void> {
    const before = await this.#reasonsNow(accused, run.request.options.deep);
    if (before.reasons.length === 0) {
      run.refuse(accused, "isolate", "fault_gone", "the fault was gone when the slot lock was taken");
      return;
    }
    let failure = accused.detail;
    const tried = new Set<RecoveryAction>();
    let action = nextRung(before.reasons, context, tried);
    while (action !== undefined) {
      tried.add(action);
      const rung = action;
      const current = (await this.#contextOf(accused.slotId, context.stamp, run)) ?? context;
      if (this.#isHeldBack(accused, rung, { current, run })) return;
      const result = await run.step(current, { action: rung, reason: accused.reasons[0] ?? "" }, () =>
        execute(rung, current),
      );
      if (run.request.options.dryRun) return;
      if (result?.outcome === "refused" || result?.outcome === "failed") failure = result.detail;
      const after = await this.#reasonsNow(accused, run.request.options.deep);
      if (after.reasons.length === 0) {
        run.countRecovered();
        return;
      }
      action = nextRung(after.reasons, context, tried);
    }
    const last = (await this.#contextOf(accused.slotId, context.stamp, run)) ?? context;
    const reason = `${accused.reasons.join(", ")}: ${failure}`;
    await run.step(last, { action: "isolate", reason: accused.reasons[0] ?? "" }, () =>
      isolate(last, reason),
    );
    run.countIsolated(`${accused.slotId} was isolated: ${failure}`);
  }

  #isHeldBack(
    slot: CorruptedSlot,
    rung: RecoveryAction,
    { current, run }: { current: RecoveryContext; run: Run },
  ): boolean {
    if (this.#isPaused(slot, rung, run)) return true;
    if (!replacingRungs.includes(rung) || !this.#isLent(current, run)) return false;
    run.refuse(slot, rung, "allocated", "the slot is lent; only its own repair steps are allowed");
    return true;
  }

  /** Rungs that replace the repository need an over-age allocation with a forced release, or a person. */
  #isLent(context: RecoveryContext, run: Run): boolean {
    const { reading } = context.slot;
    if (reading.kind !== "valid" || reading.record.state !== SlotState.ALLOCATED) return false;
    const isOverAge = run.snapshot.anomalies.longAllocatedSlots.some(
      ({ slotId }) => slotId === context.slot.slotId,
    );
    const isPersons = run.request.slotId !== undefined && ["command", "api"].includes(run.request.trigger);
    return !isPersons && !(isOverAge && run.request.options.forceReleaseLongAllocated);
  }

  #moveLock(lock: OrphanedLock, run: Run): void {
    const { inspection, thresholds } = this.#options;
    const place = {
      stateDir: inspection.stateDir,
      stamp: run.stamp(),
      staleLockHours: thresholds.staleLockHours,
      now: inspection.clock.now(),
      note: run.note,
    };
    const result = run.stepOnLock(lock, () => moveSlotLock(lock, place));
    if (result?.outcome === "done") run.countLockCleaned();
  }

  async #reasonsNow(accused: CorruptedSlot, deep: boolean): Promise<CorruptedSlot> {
    const found = await inspectPools(this.#options.inspection, {
      pool: accused.repoName,
      slotId: accused.slotId,
      deep,
    });
    const nothing = { ...accused, reasons: [] };
    for (const { pool, inspections } of found.pools) {
      const own = inspections.find((inspection) => inspection.slot.slotId === accused.slotId);
      if (own !== undefined)
        return detectCorruptedSlot(own, countSlots(pool), this.#options.thresholds) ?? nothing;
    }
    return nothing;
  }

  async #contextOf(slotId: string, stamp: string, run: Run): Promise<RecoveryContext | undefined> {
    const { inspection: settings, thresholds } = this.#options;
    const found = await inspectPools(settings, { slotId });
    for (const { pool, inspections } of found.pools) {
      const inspection = inspections.find(({ slot }) => slot.slotId === slotId);
      if (inspection !== undefined)
        return {
          ...settings,
          thresholds,
          pool,
          slot: inspection.slot,
          inspection,
          stamp,
          trigger: run.request.trigger,
          options: run.request.options,
          note: run.note,
        };
    }
    return undefined;
  }

  /** Runs a task with the slot lock held; a held lock refuses it. */
  async #withSlot(slotId: string, action: RecoveryAction, run: Run, task: SlotTask): Promise<void> {
    const { inspection: settings } = this.#options;
    const context = await this.#contextOf(slotId, run.stamp(), run);
    if (context === undefined) {
      run.fail(`${slotId} is not there any more`);
      return;
    }
    if (run.request.options.dryRun) {
      await task(context, run);
      return;
    }
    const lock = await acquireSlotLock(slotLockPath(settings.workspacesDir, slotId), {
      timeoutSeconds: run.request.options.lockTimeoutSeconds,
      clock: settings.clock,
    });
    if (lock.kind === "busy") {
      run.refuse({ slotId, repoName: context.pool.repoName }, action, "lock_held", lock.detail);
      return;
    }
    try {
      await task(context, run);
    } catch (error) {
      run.fail(`${slotId}: ${asError(error).message}`);
    } finally {
      lock.release();
    }
  }
}

/** Rungs that replace what the slot's owner may still work with. */
const replacingRungs: readonly RecoveryAction[] = ["restore_refs", "refetch_objects", "reclone"];

/** Planned anew after every step: a repaired link shows what was hidden behind it. */
function nextRung(
  reasons: readonly CorruptionReason[],
  { pool }: RecoveryContext,
  tried: ReadonlySet<RecoveryAction>,
): RecoveryAction | undefined {
  return planLadder(reasons, pool.layout).find((action) => !tried.has(action));
}

function execute(action: RecoveryAction, context: RecoveryContext): Promise<ActionResult> | ActionResult {
  switch (action) {
    case "move_git_lock":
      return moveGitLock(context);
    case "restore_metadata":
      return restoreMetadata(context);
    case "restore_links":
      return restoreLinks(context);
    case "rebuild_index":
      return rebuildIndex(context);
    case "restore_refs":
      return restoreRefs(context);
    case "refetch_objects":
      return refetchObjects(context);
    case "reclone":
      return reclone(context);
    default:
      return { outcome: "no_effect", detail: `${action} is no rung of the ladder` };
  }
}
