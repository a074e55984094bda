import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import type { Anomalies, CorruptedSlot, LongAllocatedSlot, OrphanedLock } from "./anomalies/anomaly.ts";
import { countSlots, createSnapshot } from "./anomalies/create-snapshot.ts";
import { detectCorruptedSlot } from "./anomalies/detect-corrupted-slot.ts";
import { detectOrphanedLocks } from "./anomalies/detect-orphaned-locks.ts";
import type { SlotLockSnapshot, SlotSnapshot, Snapshot } from "./anomalies/snapshot.ts";
import type { Thresholds } from "./anomalies/thresholds.ts";
import { defaultCleanup } from "./config/lending-settings.ts";
import { PoolConfig } from "./config/pool-config.ts";
import type { SidecarConfig } from "./config/sidecar-config.ts";
import { inspectPools } from "./inspection/inspect-pools.ts";
import type { InspectionMemory } from "./inspection/memory/inspection-memory.ts";
import type {
  InspectedPoolFacts,
  InspectionResult,
  InspectionSettings,
} from "./inspection/inspection-result.ts";
import { Journal } from "./journal/journal.ts";
import type { AllocationOptions, AllocationResult } from "./lending/allocate-slot.ts";
import type { Lending, PoolCreationOptions } from "./lending/lending.ts";
import type { LendingContext } from "./lending/lending-context.ts";
import { requireChange } from "./lending/lending-error.ts";
import { LockManager } from "./lending/lock-manager.ts";
import { summarizePool, type PoolSummary } from "./lending/pool-summary.ts";
import type { ReleaseResult } from "./lending/release-slot.ts";
import type { Removed } from "./lending/remove-slot.ts";
import { viewPool, viewSlot, type PoolView, type SlotView } from "./lending/slot-view.ts";
import { isLockFree, type LockFacts } from "./pool/locks/lock-inspection.ts";
import { systemClock, type Clock } from "./platform/clock.ts";
import { UsageError } from "./platform/coded-error.ts";
import { nearestNames } from "./platform/nearest-names.ts";
import { systemTimeZone } from "./pool/records/local-time.ts";
import type { Pool, Slot } from "./pool/pool.ts";
import { readPools } from "./pool/pool-store.ts";
import type { RunControls } from "./recovery/execute/run-controls.ts";
import { Pauses } from "./recovery/guards/pauses.ts";
import type { Trigger } from "./journal/trigger.ts";
import type { RecoveryEngine } from "./recovery/execute/recovery-engine.ts";
import {
  defaultRecoveryOptions,
  resolveRecoveryOptions,
  type RecoveryOptionsInput,
} from "./recovery/plan/recovery-options.ts";
import type { RecoveryReport } from "./recovery/recovery-report.ts";
import type { RecoveryRequest } from "./recovery/recovery-request.ts";

const deepTimeoutSeconds = 3600;
const noticeTimeoutMilliseconds = 10_000;

export interface SnapshotScope {
  readonly pool?: string | undefined;
  readonly deep?: boolean;
  readonly maxAllocationHours?: number | undefined;
  readonly staleLockHours?: number | undefined;
}

/** What a long-lived watcher adds to a look. Without it a look is fresh: every slot is read in full. */
export interface SnapshotOptions {
  readonly memory?: InspectionMemory;
  /** Adds to the facts, before they are judged, what was found out by other means. */
  readonly enrich?: (pools: readonly InspectedPoolFacts[]) => Promise<readonly InspectedPoolFacts[]>;
  /** Told how many of the deep checks are done. */
  readonly onProgress?: (doneCount: number, totalCount: number) => void;
}

export interface HealthCheckOptions {
  readonly maxAllocationHours?: number;
  /** What `autoRecover` is to be asked for where something is wrong; without it nothing is changed. */
  readonly recover?: RecoveryOptionsInput;
}

/** The guide's methods over the pools of one workspaces directory. */
export class PoolManager {
  /** The guide's lock manager: slot locks, seen and ended. */
  readonly lockManager: LockManager<OrphanedLock>;
  #config: SidecarConfig;
  readonly #inspection: InspectionSettings;
  readonly #journal: Journal;
  readonly #pauses: Pauses;
  readonly #readConfig: (() => Promise<SidecarConfig>) | undefined;
  readonly #isInMaintenance: (pool: string, now: Date) => boolean;
  #loadedEngine: Promise<RecoveryEngine> | undefined;

  /** `isInMaintenance` holds back runs that no person started; without it nothing does. */
  constructor(options: {
    config: SidecarConfig;
    clock?: Clock;
    isInMaintenance?: (pool: string, now: Date) => boolean;
    /** Where `reload` reads the settings anew. */
    readConfig?: () => Promise<SidecarConfig>;
  }) {
    this.#config = options.config;
    this.#inspection = {
      workspacesDir: options.config.workspacesDir,
      stateDir: options.config.stateDir,
      timeZone: options.config.timezone ?? systemTimeZone(),
      clock: options.clock ?? systemClock,
      deepTimeoutSeconds,
    };
    this.#journal = new Journal(options.config.stateDir);
    this.#pauses = new Pauses(options.config.stateDir);
    this.#isInMaintenance = options.isInMaintenance ?? (() => false);
    this.#readConfig = options.readConfig;
    const { workspacesDir, stateDir, clock } = this.#inspection;
    this.lockManager = new LockManager({
      ...{ workspacesDir, stateDir, clock },
      staleLockHours: () => this.#config.detection.staleLockHours,
      findStaleLocks: async (staleLockHours) =>
        (await this.snapshot({ staleLockHours })).anomalies.orphanedLocks,
      moveStaleLocks: (staleLockHours) => this.#moveStaleLocks(staleLockHours),
    });
  }

  /**
   * The guide's `from_config_file`: a configuration file over the defaults, or the defaults and the pool manager's own
   * pools.yaml. @throws UsageError `CONFIG_INVALID` with every problem of the file.
   */
  static async fromConfigFile(configFile?: string): Promise<PoolManager> {
    const readConfig = (): Promise<SidecarConfig> => PoolConfig.loadFromFile(configFile);
    return new PoolManager({ config: await readConfig(), readConfig });
  }

  /**
   * Reads the settings of `fromConfigFile` anew; pools are read at every call anyway. A change of the directories or of
   * the time zone needs a new manager. @throws UsageError `CONFIG_INVALID`: the old settings then stay.
   */
  async reload(): Promise<void> {
    if (this.#readConfig === undefined) return;
    this.#config = await this.#readConfig();
    this.#loadedEngine = undefined;
  }

  listPools(): Promise<PoolView[]> {
    return Promise.resolve(this.#readPools().map(viewPool));
  }

  /** @throws UsageError `POOL_UNKNOWN` where there is no such pool. */
  getPool(repoName: string): Promise<PoolView> {
    const pool = this.#readPools().find((candidate) => candidate.repoName === repoName);
    if (pool === undefined) {
      const near = nearestNames(
        repoName,
        this.#readPools().map((candidate) => candidate.repoName),
      );
      return Promise.reject(new UsageError("POOL_UNKNOWN", `no pool is named ${repoName}${near}`));
    }
    return Promise.resolve(viewPool(pool));
  }

  /** @throws UsageError `SLOT_UNKNOWN` where there is no such slot. */
  async getSlotStatus(slotId: string): Promise<SlotSnapshot> {
    const snapshot = await this.snapshot();
    const slots = snapshot.pools.flatMap((pool) => pool.slots);
    return requireNamed(slots, slotId);
  }

  /** The slot as its metadata has it; its repository is not looked at. @throws UsageError `SLOT_UNKNOWN` */
  requireSlot(slotId: string): Slot {
    return requireNamed(
      this.#readPools().flatMap((pool) => pool.slots),
      slotId,
    );
  }

  /** Each pool in numbers, by its name. */
  getPoolSummary(): Promise<Record<string, PoolSummary>> {
    const summaries = this.#readPools().map((pool) => [pool.repoName, summarizePool(pool)] as const);
    return Promise.resolve(Object.fromEntries(summaries));
  }

  /** Refuses a pool that exists. @throws UsageError for what cannot be a pool; LendingError where it was not made. */
  async createPool(repoName: string, options: PoolCreationOptions = {}): Promise<PoolView> {
    return viewPool(requireChange(await (await this.#lending()).create(repoName, options)).pool);
  }

  /**
   * Lends the most recently used available slot, cleaned and up to date; undefined where none can be lent now.
   * @throws UsageError `POOL_UNKNOWN`.
   */
  async allocateSlot(repoName: string, options: AllocationOptions = {}): Promise<SlotView | undefined> {
    const result = await this.allocateSlotDetailed(repoName, options);
    return result.kind === "allocated" ? viewSlot(result.slot) : undefined;
  }

  /** The same, with warnings, or with what was wrong with each slot that could not be lent. */
  async allocateSlotDetailed(repoName: string, options: AllocationOptions = {}): Promise<AllocationResult> {
    return (await this.#lending()).allocate(repoName, options);
  }

  /**
   * Ends an allocation: unsaved work is saved, the slot is cleaned, its branch stays.
   * @throws LendingError where the slot was not released, or is out of rotation now; `code` says why.
   */
  async releaseSlot(slotId: string): Promise<SlotView> {
    return viewSlot(requireChange(await this.releaseSlotDetailed(slotId)).slot);
  }

  /** The same, with refusals as results. */
  async releaseSlotDetailed(slotId: string): Promise<ReleaseResult> {
    return (await this.#lending()).release(slotId);
  }

  /** @throws UsageError `POOL_UNKNOWN`; LendingError where no slot was added. */
  async addSlot(repoName: string): Promise<SlotView> {
    return viewSlot(requireChange(await (await this.#lending()).add(repoName)).slot);
  }

  /**
   * Moves a slot out of its pool into quarantine, its unsaved work saved. `force`: also while it is allocated.
   * @throws UsageError `SLOT_UNKNOWN`; LendingError where it was not removed.
   */
  async removeSlot(slotId: string, { force = false }: { force?: boolean } = {}): Promise<Removed> {
    return requireChange(await (await this.#lending()).remove(slotId, { force }));
  }

  async detectLongAllocatedSlots(
    options: { maxAllocationHours?: number } = {},
  ): Promise<readonly LongAllocatedSlot[]> {
    return (await this.detectAnomalies(options)).longAllocatedSlots;
  }

  async detectCorruptedSlots(): Promise<readonly CorruptedSlot[]> {
    return (await this.detectAnomalies()).corruptedSlots;
  }

  async detectOrphanedLocks(): Promise<readonly OrphanedLock[]> {
    return (await this.detectAnomalies()).orphanedLocks;
  }

  /** The guide's three lists at once. */
  async detectAnomalies(options: { maxAllocationHours?: number } = {}): Promise<Anomalies> {
    return (await this.snapshot(options)).anomalies;
  }

  /**
   * True where no anomaly was found. What was found is posted to the address in `health_check.webhook_url_file`, where
   * one is set; with `recover` it is recovered, as in the guide's example.
   */
  async healthCheck(options: HealthCheckOptions = {}): Promise<boolean> {
    const anomalies = await this.detectAnomalies(options);
    if (Object.values(anomalies).every((found: readonly unknown[]) => found.length === 0)) return true;
    await this.#sendNotice(anomalies);
    if (options.recover !== undefined) await this.autoRecover(options.recover);
    return false;
  }

  /** The guide's `recover_slot`: true where the slot is usable afterwards. */
  async recoverSlot(slotId: string, options: { force?: boolean } = {}): Promise<boolean> {
    const report = await this.recoverSlotDetailed(slotId, options);
    return report.errors.length === 0 && report.actions.every(({ outcome }) => outcome !== "refused");
  }

  async recoverSlotDetailed(
    slotId: string,
    options: { force?: boolean } & RecoveryOptionsInput = {},
  ): Promise<RecoveryReport> {
    await this.getSlotStatus(slotId);
    const { force = false, ...input } = options;
    return this.recover(this.createRequest({ slotId, force, input }));
  }

  async isolateSlot(
    slotId: string,
    reason = "isolated by hand",
    origin: Partial<Pick<RecoveryRequest, "trigger" | "requestedBy">> = {},
  ): Promise<RecoveryReport> {
    await this.getSlotStatus(slotId);
    const engine = await this.#engine();
    const request = this.createRequest({ slotId, force: false, input: {} });
    return engine.isolate({ ...request, ...origin }, reason);
  }

  autoRecover(options: RecoveryOptionsInput = {}): Promise<RecoveryReport> {
    return this.recover(this.createRequest({ slotId: undefined, force: false, input: options }));
  }

  /** Executes a request of whatever origin. */
  async recover(request: RecoveryRequest, controls: RunControls = {}): Promise<RecoveryReport> {
    return (await this.#engine()).run(request, controls);
  }

  /** Finishes or undoes what killed runs left, as the start of any run does. @returns what could not be. */
  async settleInterrupted(): Promise<string[]> {
    return (await this.#engine()).settle(this.#config.recovery.lockTimeoutSeconds);
  }

  createRequest(what: {
    slotId: string | undefined;
    force: boolean;
    input: RecoveryOptionsInput;
  }): RecoveryRequest {
    return {
      recoveryId: randomUUID(),
      trigger: "command",
      requestedBy: `uid ${userInfo().uid}`,
      slotId: what.slotId,
      force: what.force,
      options: resolveRecoveryOptions(what.input, {
        ...defaultRecoveryOptions,
        lockTimeoutSeconds: this.#config.recovery.lockTimeoutSeconds,
      }),
    };
  }

  /** Everything one look at the pools finds. Changes nothing. */
  async snapshot(scope: SnapshotScope = {}, aids: SnapshotOptions = {}): Promise<Snapshot> {
    const { clock, timeZone } = this.#inspection;
    const startedAt = clock.now();
    const { pool, deep = false } = scope;
    const { memory, onProgress } = aids;
    const facts = await inspectPools(this.#inspection, { deep, pool, memory, onProgress });
    const thresholds = this.#thresholds(scope.maxAllocationHours);
    const now = clock.now();
    return createSnapshot({
      inspectedPools: (await aids.enrich?.(facts.pools)) ?? facts.pools,
      orphanedLocks: this.#findOrphanedLocks(facts, scope),
      slotLocks: new Map(facts.locks.map((lock) => [lock.slotId, describeLock(lock)])),
      thresholds,
      now,
      timeZone,
      durationSeconds: (now.getTime() - startedAt.getTime()) / 1000,
      isDeep: deep,
      errors: facts.errors,
      filesystem: facts.filesystem,
      verifications: facts.verifications,
      verificationFailures: facts.verificationFailures,
    });
  }

  /** Loaded only where something is to be lent: it costs a check nothing. */
  async #lending(): Promise<Lending> {
    const { Lending } = await import("./lending/lending.ts");
    const { workspacesDir, stateDir, timeZone, clock } = this.#inspection;
    const { lending, recovery, salvage } = this.#config;
    const thresholds = this.#thresholds();
    const context: LendingContext = {
      ...{ workspacesDir, stateDir, timeZone, clock, thresholds },
      lockTimeoutSeconds: recovery.lockTimeoutSeconds,
      cleanupTimeoutSeconds: lending.cleanupTimeoutSeconds,
      salvageExclude: salvage.exclude,
      findFault: (pool, inspection) => detectCorruptedSlot(inspection, countSlots(pool), thresholds)?.detail,
    };
    return new Lending(context, { ...lending, defaultCleanup });
  }

  #findOrphanedLocks(facts: InspectionResult, scope: SnapshotScope): OrphanedLock[] {
    const pools = scope.pool === undefined ? facts.pools.map(({ pool }) => pool) : this.#readPools();
    const known = new Set(pools.flatMap((pool) => pool.slots.map((slot) => slot.slotId)));
    const staleLockHours = scope.staleLockHours ?? this.#config.detection.staleLockHours;
    const now = this.#inspection.clock.now();
    const candidates = facts.locks.map((lock) => ({ ...lock, isFree: isFree(lock) }));
    const orphaned = detectOrphanedLocks(candidates, known, { staleLockHours, now });
    return orphaned.filter((lock) => scope.pool === undefined || lock.repoName === scope.pool);
  }

  async #moveStaleLocks(staleLockHours: number): Promise<number> {
    const engine = await this.#createEngine({ staleLockHours });
    const input = { recoverCorrupted: false, forceReleaseLongAllocated: false, cleanupOrphanedLocks: true };
    const report = await engine.run(this.createRequest({ slotId: undefined, force: false, input }));
    return report.orphanedLocksCleaned;
  }

  #thresholds(maxAllocationHours?: number): Thresholds {
    const { detection } = this.#config;
    return { ...detection, maxAllocationHours: maxAllocationHours ?? detection.maxAllocationHours };
  }

  #readPools(): Pool[] {
    return readPools(this.#inspection.workspacesDir, { timeZone: this.#inspection.timeZone });
  }

  /** A notice that does not arrive stops no recovery; the warning does not name the address, which may be a secret. */
  async #sendNotice(anomalies: Anomalies): Promise<void> {
    const file = this.#config.healthCheck.webhookUrlFile;
    if (file === undefined) return;
    const { createHealthNotice } = await import("./anomalies/health-notice.ts");
    const { postJson } = await import("./platform/post-json.ts");
    const notice = createHealthNotice(anomalies, this.#inspection.clock.now());
    const outcome = await postJson(file, notice, { timeoutMilliseconds: noticeTimeoutMilliseconds });
    if (outcome.kind === "failed")
      process.emitWarning(`health_check.webhook_url_file: ${outcome.detail}`, {
        code: "HEALTH_NOTICE_FAILED",
      });
  }

  #findPause(
    { slotId, repoName }: { slotId: string; repoName: string },
    trigger: Trigger,
  ): string | undefined {
    const now = this.#inspection.clock.now();
    const pause = this.#pauses.find({ slotId, pool: repoName }, now);
    if (pause !== undefined) return `paused by ${pause.name}: ${pause.reason}`;
    const isManual = trigger === "command" || trigger === "api";
    return !isManual && this.#isInMaintenance(repoName, now) ? "a maintenance window is open" : undefined;
  }

  /** Loaded only where something is to be changed: it costs a check nothing. One for all runs, which wait for each other. */
  #engine(): Promise<RecoveryEngine> {
    this.#loadedEngine ??= this.#createEngine();
    return this.#loadedEngine;
  }

  async #createEngine(scope: Pick<SnapshotScope, "staleLockHours"> = {}): Promise<RecoveryEngine> {
    const { RecoveryEngine } = await import("./recovery/execute/recovery-engine.ts");
    return new RecoveryEngine({
      inspection: this.#inspection,
      thresholds: this.#thresholds(),
      journal: this.#journal,
      settings: this.#config.recovery,
      salvageExclude: this.#config.salvage.exclude,
      findPause: (slot, trigger) => this.#findPause(slot, trigger),
      takeSnapshot: (wanted) => this.snapshot({ ...wanted, ...scope }),
    });
  }
}

function requireNamed<T extends { readonly slotId: string }>(slots: readonly T[], slotId: string): T {
  const slot = slots.find((candidate) => candidate.slotId === slotId);
  if (slot !== undefined) return slot;
  const near = nearestNames(
    slotId,
    slots.map((candidate) => candidate.slotId),
  );
  throw new UsageError("SLOT_UNKNOWN", `no slot is named ${slotId}${near}`);
}

function isFree(lock: LockFacts): boolean {
  return lock.holder.kind === "none" || (lock.holder.kind === "unknown" && isLockFree(lock.path));
}

function describeLock(lock: LockFacts): SlotLockSnapshot {
  if (lock.holder.kind === "held") return { kind: "held", holders: lock.holder.processes };
  return lock.holder.kind === "unknown" ? { kind: "unknown" } : { kind: "free" };
}
