import type { SalvageSettings } from "../../salvage/save/save-work.ts";
import type { Thresholds } from "../../anomalies/thresholds.ts";
import { withGitScope } from "../../git/run/git-scope.ts";
import { requireGit } from "../../git/run/git-version.ts";
import type { InspectionSettings } from "../../inspection/inspection-result.ts";
import { KnownGoodStore } from "../../inspection/memory/known-good.ts";
import type { Journal } from "../../journal/journal.ts";
import { RunLock } from "../../pool/locks/run-lock.ts";
import { endOrphansOf, recoverFromCrash } from "../crash/crash-recovery.ts";
import { finishRelease } from "../crash/finish-release.ts";
import type { PausePolicy } from "../guards/pause-policy.ts";
import { RecoveryMemory } from "../guards/recovery-memory.ts";
import { reportPlan } from "../plan/report-plan.ts";
import type { RecoveryReport } from "../recovery-report.ts";
import type { RecoveryRequest } from "../recovery-request.ts";
import type { SlotRelease } from "../slot-release.ts";
import type { TargetSources } from "./find-targets.ts";
import { isolateSlot } from "./isolate-slot.ts";
import { planReclaim, type ReclaimPlan, type ReclaimResult, type ReclaimScope } from "./plan-reclaim.ts";
import { journalPlan, planRun } from "./plan-run.ts";
import { readReclaimedById, reclaimSlots, undoReclaimed } from "./reclaim-slots.ts";
import type { LiveParts, RecoverySettings, RunParts } from "./recovery-parts.ts";
import { RecoveryRun } from "./recovery-run.ts";
import type { RunControls } from "./run-controls.ts";
import { runPass } from "./run-pass.ts";

export interface RecoveryEngineOptions {
  readonly inspection: InspectionSettings;
  readonly thresholds: Thresholds;
  readonly journal: Journal;
  readonly settings: RecoverySettings;
  readonly salvage: SalvageSettings;
  readonly pausePolicy: Pick<PausePolicy, "findPause">;
  readonly snapshots: TargetSources["snapshots"];
  readonly releaseSlot: SlotRelease;
}

/** Plans and executes recoveries: one run at a time, and in it per slot: lock, look again, plan, act, verify. */
export class RecoveryEngine {
  readonly #options: RecoveryEngineOptions;
  readonly #runLock: RunLock;
  readonly #sources: TargetSources;

  constructor(options: RecoveryEngineOptions) {
    this.#options = options;
    this.#runLock = new RunLock(options.inspection.stateDir, options.inspection.clock);
    const memory = new RecoveryMemory(options.journal.follow());
    this.#sources = { memory, snapshots: options.snapshots };
  }

  /**
   * `recoverSlot` if the request names a slot, else `autoRecover`; a dry run only plans. @throws CodedError
   * `RUN_LOCK_HELD`, `GIT_TOO_OLD`, `GIT_UNAVAILABLE`, or the journal's.
   */
  run(request: RecoveryRequest, controls: RunControls = {}): Promise<RecoveryReport> {
    if (request.options.dryRun) return this.#plan(request, controls);
    return this.#withRun(request, controls, (live) => this.#runPasses(live));
  }

  /** Takes a slot out of rotation. */
  isolate(request: RecoveryRequest, reason: string, controls: RunControls = {}): Promise<RecoveryReport> {
    return this.#withRun(request, controls, (live) => isolateSlot(request.slotId ?? "", reason, live));
  }

  /** Reclaims slots; a dry run only plans. @throws as `run` */
  async reclaim(
    request: RecoveryRequest,
    scope: ReclaimScope,
    controls: RunControls = {},
  ): Promise<ReclaimResult> {
    requireGit();
    let reclaimed: ReadonlyMap<string, string> = new Map();
    if (request.options.dryRun) {
      const plan = await planReclaim(this.#partsOf(request, controls), scope);
      return { plan, reclaimed, report: undefined };
    }
    let plan: ReclaimPlan = { slots: [], candidateCount: 0, errors: [] };
    const report = await this.#withRun(request, controls, async (live) => {
      plan = await planReclaim(live.parts, scope);
      reclaimed = await reclaimSlots(plan, live);
    });
    return { plan, reclaimed, report };
  }

  /** Brings a reclaimed slot back. @throws CodedError `SALVAGE_UNKNOWN`; and as `run` */
  undoReclaim(request: RecoveryRequest, id: string, controls: RunControls = {}): Promise<RecoveryReport> {
    readReclaimedById(this.#options.inspection.stateDir, id);
    return this.#withRun(request, controls, (live) => undoReclaimed(id, live));
  }

  /** What killed processes left is finished or undone: for the start of `serve`. @returns what could not be. */
  settle(request: RecoveryRequest): Promise<string[]> {
    const { recoveryId, options } = request;
    const lock = { recoveryId, timeoutSeconds: options.lockTimeoutSeconds, onBusy: this.#endOrphans };
    return this.#runLock.with(lock, () => this.#recoverFromCrash(this.#partsOf(request, {})));
  }

  /** Changes nothing, so it needs no lock and leaves crashes to the others. */
  async #plan(request: RecoveryRequest, controls: RunControls): Promise<RecoveryReport> {
    requireGit();
    const { journal, inspection } = this.#options;
    const report = reportPlan(await planRun(this.#partsOf(request, controls), this.#sources));
    journalPlan(request, report, { journal, clock: inspection.clock });
    return report;
  }

  async #runPasses(live: LiveParts): Promise<void> {
    const { request, settings, controls } = live.parts;
    const passes = request.slotId === undefined ? settings.passes : 1;
    for (let pass = 1; pass <= passes; pass++) {
      if (pass > 1) await this.#wait(settings.passWaitSeconds, controls);
      const remaining = await runPass(live, this.#sources, {
        isFirstPass: pass === 1,
        isLastPass: pass === passes,
      });
      if (remaining === 0 || controls.signal?.aborted === true) break;
    }
    if (controls.signal?.aborted === true)
      live.run.fail("", "the run was stopped before everything was done");
  }

  async #withRun(
    request: RecoveryRequest,
    controls: RunControls,
    task: (live: LiveParts) => Promise<void>,
  ): Promise<RecoveryReport> {
    const { journal, inspection } = this.#options;
    requireGit();
    const run = new RecoveryRun(request, { journal, clock: inspection.clock });
    const live = { run, parts: this.#partsOf(request, controls) };
    const { recoveryId, options } = request;
    const timeoutSeconds = options.lockTimeoutSeconds;
    return this.#runLock.with({ recoveryId, timeoutSeconds, onBusy: this.#endOrphans }, (lock) =>
      withGitScope({ inheritedDescriptors: [lock.descriptor], recoveryId }, async () => {
        for (const unsettled of await this.#recoverFromCrash(live.parts)) run.fail("", unsettled);
        run.begin();
        await task(live);
        return run.finish();
      }),
    );
  }

  #partsOf(request: RecoveryRequest, controls: RunControls): RunParts {
    const { inspection, thresholds, settings, salvage, pausePolicy, releaseSlot } = this.#options;
    const { maxAllocationHours, deep } = request.options;
    return {
      ...{ request, controls, inspection, settings, salvage, pausePolicy, releaseSlot },
      thresholds: { ...thresholds, maxAllocationHours },
      knownGood: new KnownGoodStore(inspection.stateDir),
      isDeep: deep || request.slotId !== undefined,
      rebuiltPools: new Set(),
    };
  }

  readonly #endOrphans = (): void => {
    endOrphansOf(this.#options.journal);
  };

  #recoverFromCrash(parts: RunParts): Promise<string[]> {
    const { workspacesDir, stateDir, clock } = parts.inspection;
    return recoverFromCrash({
      ...{ workspacesDir, stateDir, clock, journal: this.#options.journal },
      lockTimeoutSeconds: parts.request.options.lockTimeoutSeconds,
      finishRelease: (slot) => finishRelease(slot, parts),
    });
  }

  async #wait(seconds: number, { signal }: RunControls): Promise<void> {
    try {
      await this.#options.inspection.clock.sleep(seconds * 1000, signal);
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  }
}
