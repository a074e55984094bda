import { randomUUID } from "node:crypto";
import PQueue from "p-queue";
import type { CorruptedSlot } from "../../anomalies/anomaly.ts";
import type { SnapshotService } from "../../anomalies/snapshot-service.ts";
import type { Snapshot } from "../../anomalies/snapshot.ts";
import type { Thresholds } from "../../anomalies/thresholds.ts";
import { withGitScope } from "../../git/run/git-scope.ts";
import { requireGit } from "../../git/run/git-version.ts";
import type { InspectionSettings } from "../../inspection/inspection-result.ts";
import { KnownGoodStore } from "../../inspection/memory/known-good.ts";
import type { Journal } from "../../journal/journal.ts";
import { RunLock } from "../../pool/locks/run-lock.ts";
import { parseSlotId } from "../../pool/slot-id.ts";
import { isolate } from "../steps/isolate.ts";
import { endOrphansOf, recoverFromCrash } from "../crash/crash-recovery.ts";
import { RecoveryMemory, type SlotRecovery } from "../guards/recovery-memory.ts";
import type { PausePolicy } from "../guards/pause-policy.ts";
import type { RunControls } from "./run-controls.ts";
import { refuseUnattended, type UnattendedFacts } from "../guards/unattended-guards.ts";
import { assessSlot } from "./assess-slot.ts";
import { moveOrphanedLock } from "../steps/move-orphaned-lock.ts";
import { planRecovery, type RecoveryPlan } from "../plan/plan-recovery.ts";
import { PoolMutex } from "./pool-mutex.ts";
import { recoverSlot, type SlotTask } from "./recover-slot.ts";
import type { RecoverySettings, RunParts } from "./recovery-parts.ts";
import type { RecoveryReport } from "../recovery-report.ts";
import { isManual, type RecoveryRequest } from "../recovery-request.ts";
import { RecoveryRun } from "./recovery-run.ts";
import { firstStep } from "./repair-slot.ts";
import { withSlotSession } from "./slot-session.ts";

export interface RecoveryEngineOptions {
  readonly inspection: InspectionSettings;
  readonly thresholds: Thresholds;
  readonly journal: Journal;
  readonly settings: RecoverySettings;
  readonly salvageExclude: readonly string[];
  readonly pausePolicy: Pick<PausePolicy, "findPause">;
  readonly snapshots: Pick<SnapshotService, "take">;
}

/** Executes recoveries: one run at a time, and in it per slot: lock, look again, intent, act, verify, outcome. */
export class RecoveryEngine {
  readonly #options: RecoveryEngineOptions;
  readonly #runLock: RunLock;
  readonly #memory: RecoveryMemory;

  constructor(options: RecoveryEngineOptions) {
    this.#options = options;
    this.#runLock = new RunLock(options.inspection.stateDir, options.inspection.clock);
    this.#memory = new RecoveryMemory(options.journal.follow());
  }

  /**
   * `recoverSlot` where the request names a slot, else `autoRecover`. @throws CodedError `RUN_LOCK_HELD`, `GIT_TOO_OLD`,
   * `GIT_UNAVAILABLE`, or the journal's.
   */
  run(request: RecoveryRequest, controls: RunControls = {}): Promise<RecoveryReport> {
    return this.#withRun(request, controls, async (parts) => {
      const { settings } = this.#options;
      const passes = request.slotId === undefined ? settings.passes : 1;
      for (let pass = 1; pass <= passes; pass++) {
        if (pass > 1) await this.#wait(settings.passWaitSeconds, controls);
        const remaining = await this.#runPass(parts, { isLastPass: pass === passes });
        if (remaining === 0 || controls.signal?.aborted === true) break;
      }
      if (controls.signal?.aborted === true)
        parts.run.fail("", "the run was stopped before everything was done");
    });
  }

  /** Takes a slot out of rotation. */
  isolate(request: RecoveryRequest, reason: string, controls: RunControls = {}): Promise<RecoveryReport> {
    return this.#withRun(request, controls, async (parts) => {
      const slotId = request.slotId ?? "";
      const repoName = parseSlotId(slotId)?.repoName ?? "";
      await withSlotSession({ slotId, repoName }, "isolate", parts, async (session) => {
        const look = await session.look();
        const refusal = look === undefined ? undefined : session.refuseIsolation(look);
        if (look === undefined) parts.run.fail(repoName, `${slotId} is not there any more`);
        else if (refusal !== undefined) parts.run.refuse({ slotId, repoName, action: "isolate" }, refusal);
        else
          await parts.run.step(session.subject("isolate", reason), (note) =>
            isolate(session.context(look, note), reason),
          );
      });
    });
  }

  /** What killed processes left is finished or undone: for the start of `serve`. @returns what could not be. */
  settle(lockTimeoutSeconds: number): Promise<string[]> {
    const { journal } = this.#options;
    const onBusy = (): void => {
      endOrphansOf(journal);
    };
    const lock = { recoveryId: randomUUID(), timeoutSeconds: lockTimeoutSeconds, onBusy };
    return this.#runLock.with(lock, () => this.#recoverFromCrash(lockTimeoutSeconds));
  }

  /** A dry run changes nothing, so it needs no lock and leaves crashes to the others. */
  async #withRun(
    request: RecoveryRequest,
    controls: RunControls,
    task: (parts: RunParts) => Promise<void>,
  ): Promise<RecoveryReport> {
    const { journal, inspection, thresholds, settings, salvageExclude, pausePolicy } = this.#options;
    await requireGit();
    const run = new RecoveryRun(request, { journal, clock: inspection.clock });
    const { maxAllocationHours, deep, dryRun, lockTimeoutSeconds } = request.options;
    const parts: RunParts = {
      ...{ run, controls, inspection, settings, salvageExclude, pausePolicy },
      thresholds: { ...thresholds, maxAllocationHours },
      knownGood: new KnownGoodStore(inspection.stateDir),
      isDeep: deep || request.slotId !== undefined,
    };
    const execute = async (): Promise<RecoveryReport> => {
      run.begin();
      await task(parts);
      return run.finish();
    };
    if (dryRun) return execute();
    const { recoveryId } = request;
    const onBusy = (): void => {
      endOrphansOf(journal);
    };
    return this.#runLock.with({ recoveryId, timeoutSeconds: lockTimeoutSeconds, onBusy }, (lock) =>
      withGitScope({ inheritedDescriptors: [lock.descriptor], recoveryId }, async () => {
        for (const unsettled of await this.#recoverFromCrash(lockTimeoutSeconds)) run.fail("", unsettled);
        return execute();
      }),
    );
  }

  #recoverFromCrash(lockTimeoutSeconds: number): Promise<string[]> {
    const { journal, inspection } = this.#options;
    const { workspacesDir, stateDir, clock } = inspection;
    return recoverFromCrash({ workspacesDir, stateDir, clock, journal, lockTimeoutSeconds });
  }

  /** @returns how many slots a later pass may still mend. */
  async #runPass(parts: RunParts, options: { isLastPass: boolean }): Promise<number> {
    const { run, settings } = parts;
    const { slotId } = run.request;
    const snapshot = await this.#takeSnapshot(run.request);
    const isolated = new Set(snapshot.isolatedSlots.map((slot) => slot.slotId));
    if (slotId === undefined) this.#refuseIsolated(snapshot, isolated, run);
    const plan = planRecovery(
      snapshot.anomalies,
      slotId === undefined ? isolated : new Set(),
      run.request.options,
    );
    const tasks = await this.#tasksOf(plan, isolated, parts);
    const queue = new PQueue({ concurrency: settings.concurrency });
    const turns = new PoolMutex(snapshot);
    let remaining = 0;
    this.#memory.refresh();
    const admitted: SlotRecovery[] = [];
    for (const task of tasks.filter((candidate) => this.#isAllowed(candidate, { snapshot, run, admitted })))
      void queue.add(async () => {
        if (parts.controls.signal?.aborted === true) return;
        const end = await turns.take(task.repoName, () => recoverSlot(task, parts, options));
        if (end === "remains") remaining++;
      });
    await queue.onIdle();
    for (const lock of plan.lockMoves.filter((each) => slotId === undefined || each.slotId === slotId))
      if (parts.controls.signal?.aborted !== true) await moveOrphanedLock(lock, parts);
    return remaining;
  }

  #takeSnapshot({ slotId, options }: RecoveryRequest): Promise<Snapshot> {
    const { maxAllocationHours } = options;
    const { staleLockHours } = this.#options.thresholds;
    const pool = options.pool ?? (slotId === undefined ? undefined : parseSlotId(slotId)?.repoName);
    const deep = options.deep && slotId === undefined;
    return this.#options.snapshots.take({ pool, deep, maxAllocationHours, staleLockHours });
  }

  /** One task for each slot, so that a slot is locked once. */
  async #tasksOf(plan: RecoveryPlan, isolated: ReadonlySet<string>, parts: RunParts): Promise<SlotTask[]> {
    const { slotId } = parts.run.request;
    if (slotId !== undefined) return this.#taskOf(slotId, { plan, isolated, parts });
    const slots = new Map([...plan.releases, ...plan.repairs].map((anomaly) => [anomaly.slotId, anomaly]));
    return [...slots.values()].map((slot) => ({
      slotId: slot.slotId,
      repoName: slot.repoName,
      release: plan.releases.find((candidate) => candidate.slotId === slot.slotId),
      repair: plan.repairs.find((candidate) => candidate.slotId === slot.slotId),
      isIsolated: false,
    }));
  }

  /** For one slot that somebody named it pays to look as deep as a fault may lie. */
  async #taskOf(
    slotId: string,
    { plan, isolated, parts }: { plan: RecoveryPlan; isolated: ReadonlySet<string>; parts: RunParts },
  ): Promise<SlotTask[]> {
    const repoName = parseSlotId(slotId)?.repoName;
    const isLeft = isolated.has(slotId) && !isManual(parts.run.request);
    if (repoName === undefined || isLeft) return [];
    const release = plan.releases.find((candidate) => candidate.slotId === slotId);
    const shown = plan.repairs.find((candidate) => candidate.slotId === slotId);
    const repair = shown ?? (await this.#lookDeep({ slotId, repoName }, parts));
    const isIsolated = isolated.has(slotId);
    if (release === undefined && repair === undefined && !isIsolated) return [];
    return [{ slotId, repoName, release, repair, isIsolated }];
  }

  async #lookDeep(
    slot: { slotId: string; repoName: string },
    { run, inspection, thresholds }: RunParts,
  ): Promise<CorruptedSlot | undefined> {
    if (!run.request.options.recoverCorrupted) return undefined;
    const look = await assessSlot(slot, { inspection, thresholds, isDeep: true });
    if (look === undefined || look.reasons.length === 0) return undefined;
    return { kind: "corrupted_slot", ...slot, reasons: look.reasons, detail: look.detail };
  }

  /** A person's run goes on where an unattended one would wait, and says so. */
  #isAllowed(
    task: SlotTask,
    { snapshot, run, admitted }: { snapshot: Snapshot; run: RecoveryRun; admitted: SlotRecovery[] },
  ): boolean {
    const { inspection, settings } = this.#options;
    const runId = run.request.recoveryId;
    const memory = withAdmitted(this.#memory, admitted);
    const facts = { snapshot, memory, runId, now: inspection.clock.now() };
    const refusal = refuseUnattended(task, facts, settings);
    if (refusal === undefined) {
      admitted.push({ slotId: task.slotId, runId });
      return true;
    }
    if (isManual(run.request)) {
      run.remark(task.slotId, refusal);
      return true;
    }
    const action = task.repair === undefined ? "release" : firstStep(task.repair.reasons, "clone");
    run.refuse({ slotId: task.slotId, repoName: task.repoName, action }, refusal);
    return false;
  }

  #refuseIsolated({ anomalies }: Snapshot, isolated: ReadonlySet<string>, run: RecoveryRun): void {
    const { slotId: only, options } = run.request;
    if (!options.recoverCorrupted) return;
    for (const { slotId, repoName, reasons } of anomalies.corruptedSlots) {
      if (!isolated.has(slotId) || (only ?? slotId) !== slotId) continue;
      const detail = "the slot waits for a person: recover it by name";
      run.refuse({ slotId, repoName, action: firstStep(reasons, "clone") }, { reason: "isolated", detail });
    }
  }

  async #wait(seconds: number, { signal }: RunControls): Promise<void> {
    try {
      await this.#options.inspection.clock.sleep(seconds * 1000, signal);
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  }
}

/** What a pass has let through counts before its first step is in the journal. */
function withAdmitted(memory: RecoveryMemory, admitted: readonly SlotRecovery[]): UnattendedFacts["memory"] {
  return {
    failuresOf: (slotId) => memory.failuresOf(slotId),
    lastStormOf: (repoName) => memory.lastStormOf(repoName),
    recoveriesSince: (since) => {
      const known = memory.recoveriesSince(since);
      const isKnown = ({ slotId, runId }: SlotRecovery): boolean =>
        known.some((recovery) => recovery.slotId === slotId && recovery.runId === runId);
      return [...known, ...admitted.filter((recovery) => !isKnown(recovery))];
    },
  };
}
