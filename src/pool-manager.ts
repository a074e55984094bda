import { randomUUID } from "node:crypto";
import { homedir, userInfo } from "node:os";
import type { Anomalies, CorruptedSlot, LongAllocatedSlot, OrphanedLock } from "./anomalies/anomaly.ts";
import { countSlots, createSnapshot } from "./anomalies/create-snapshot.ts";
import { detectCorruptedSlot } from "./anomalies/detect-corrupted-slot.ts";
import { detectOrphanedLocks } from "./anomalies/detect-orphaned-locks.ts";
import type { SlotLockSnapshot, SlotSnapshot, Snapshot } from "./anomalies/snapshot.ts";
import type { Thresholds } from "./anomalies/thresholds.ts";
import { defaultCleanup } from "./config/lending-settings.ts";
import { loadConfig } from "./config/load-config.ts";
import type { SidecarConfig } from "./config/sidecar-config.ts";
import { inspectPools, type InspectionResult, type InspectionSettings } from "./inspection/inspect-pools.ts";
import { Journal } from "./journal/journal.ts";
import type { AllocationOptions, AllocationResult } from "./lending/allocate-slot.ts";
import type { CleanupPolicy, LendingContext } from "./lending/lending-context.ts";
import { LendingError } from "./lending/lending-error.ts";
import type { ReleaseResult } from "./lending/release-slot.ts";
import { viewSlot, type SlotView } from "./lending/slot-view.ts";
import { isLockFree, type LockFacts } from "./locks/lock-inspection.ts";
import { systemClock, type Clock } from "./platform/clock.ts";
import { UsageError } from "./platform/coded-error.ts";
import { nearestNames } from "./platform/nearest-names.ts";
import { systemTimeZone } from "./pool/local-time.ts";
import type { Pool } from "./pool/pool.ts";
import { readPools } from "./pool/pool-store.ts";
import { Pauses } from "./recovery/pauses.ts";
import type { Trigger } from "./recovery/recovery-action.ts";
import { resolveRecoveryOptions, type RecoveryOptionsInput } from "./recovery/recovery-options.ts";
import type { RecoveryReport } from "./recovery/recovery-report.ts";
import type { RecoveryRequest } from "./recovery/recovery-request.ts";

const deepTimeoutSeconds = 3600;

export interface SnapshotScope {
  readonly pool?: string | undefined;
  readonly deep?: boolean;
  readonly maxAllocationHours?: number | undefined;
}

/** The guide's methods over the pools of one workspaces directory. */
export class PoolManager {
  readonly #config: SidecarConfig;
  readonly #inspection: InspectionSettings;
  readonly #journal: Journal;
  readonly #pauses: Pauses;
  readonly #isInMaintenance: (pool: string, now: Date) => boolean;

  /** `isInMaintenance` holds back runs that no person started; without it nothing does. */
  constructor(options: {
    config: SidecarConfig;
    clock?: Clock;
    isInMaintenance?: (pool: string, now: Date) => boolean;
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
  }

  /**
   * The guide's `from_config_file`: a configuration file over the defaults, or the defaults and the pool manager's own
   * pools.yaml. @throws UsageError `CONFIG_INVALID` with every problem of the file.
   */
  static async fromConfigFile(configFile?: string): Promise<PoolManager> {
    const loaded = await loadConfig({ flags: { configFile }, env: {}, homeDirectory: homedir() });
    if (loaded.kind === "valid") return new PoolManager({ config: loaded.config });
    throw new UsageError("CONFIG_INVALID", loaded.problems.join("\n"));
  }

  listPools(): Promise<Pool[]> {
    return Promise.resolve(this.#readPools());
  }

  /** @throws UsageError `POOL_UNKNOWN` where there is no such pool. */
  getPool(repoName: string): Promise<Pool> {
    const pool = this.#readPools().find((candidate) => candidate.repoName === repoName);
    if (pool === undefined) {
      const near = nearestNames(
        repoName,
        this.#readPools().map((candidate) => candidate.repoName),
      );
      return Promise.reject(new UsageError("POOL_UNKNOWN", `no pool is named ${repoName}${near}`));
    }
    return Promise.resolve(pool);
  }

  /** @throws UsageError `SLOT_UNKNOWN` where there is no such slot. */
  async getSlotStatus(slotId: string): Promise<SlotSnapshot> {
    const snapshot = await this.snapshot();
    const slots = snapshot.pools.flatMap((pool) => pool.slots);
    const slot = slots.find((candidate) => candidate.slotId === slotId);
    if (slot === undefined) {
      const near = nearestNames(
        slotId,
        slots.map((candidate) => candidate.slotId),
      );
      throw new UsageError("SLOT_UNKNOWN", `no slot is named ${slotId}${near}`);
    }
    return slot;
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

  /**
   * Lends the most recently used available slot, cleaned and up to date; undefined where none can be lent now.
   * @throws UsageError `POOL_UNKNOWN`.
   */
  async allocateSlot(repoName: string, options: AllocationOptions = {}): Promise<SlotView | undefined> {
    const result = await this.allocateSlotDetailed(repoName, options);
    return result.kind === "allocated" ? viewSlot(result.slot) : undefined;
  }

  async allocateSlotDetailed(repoName: string, options: AllocationOptions = {}): Promise<AllocationResult> {
    const { allocateSlot } = await import("./lending/allocate-slot.ts");
    return allocateSlot(this.#lendingContext(), repoName, { ...options, cleanup: this.#cleanupOf(repoName) });
  }

  /**
   * Ends an allocation: unsaved work is saved, the slot is cleaned, its branch stays.
   * @throws LendingError where the slot was not released, or is out of rotation now; `code` says why.
   */
  async releaseSlot(slotId: string): Promise<SlotView> {
    const result = await this.releaseSlotDetailed(slotId);
    if (result.kind === "released") return viewSlot(result.slot);
    throw new LendingError(result.reason, `${slotId}: ${result.detail}`);
  }

  async releaseSlotDetailed(slotId: string): Promise<ReleaseResult> {
    const { releaseSlot } = await import("./lending/release-slot.ts");
    return releaseSlot(this.#lendingContext(), slotId, (repoName) => this.#cleanupOf(repoName));
  }

  /** The guide's three lists at once. */
  async detectAnomalies(options: { maxAllocationHours?: number } = {}): Promise<Anomalies> {
    return (await this.snapshot(options)).anomalies;
  }

  /** True where no anomaly was found. */
  async healthCheck(): Promise<boolean> {
    const { longAllocatedSlots, corruptedSlots, orphanedLocks } = await this.detectAnomalies();
    return longAllocatedSlots.length + corruptedSlots.length + orphanedLocks.length === 0;
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
    const engine = await this.#createEngine();
    const request = this.createRequest({ slotId, force: false, input: {} });
    return engine.isolate({ ...request, ...origin }, reason);
  }

  autoRecover(options: RecoveryOptionsInput = {}): Promise<RecoveryReport> {
    return this.recover(this.createRequest({ slotId: undefined, force: false, input: options }));
  }

  /** Executes a request of whatever origin. */
  async recover(request: RecoveryRequest): Promise<RecoveryReport> {
    const engine = await this.#createEngine();
    return engine.run(request);
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
      options: resolveRecoveryOptions(what.input),
    };
  }

  /** Everything one look at the pools finds. Changes nothing. */
  async snapshot(scope: SnapshotScope = {}): Promise<Snapshot> {
    const { clock, timeZone } = this.#inspection;
    const startedAt = clock.now();
    const { pool, deep = false } = scope;
    const facts = await inspectPools(this.#inspection, { deep, ...(pool === undefined ? {} : { pool }) });
    const thresholds = this.#thresholds(scope.maxAllocationHours);
    const now = clock.now();
    return createSnapshot({
      inspectedPools: facts.pools,
      orphanedLocks: this.#findOrphanedLocks(facts, scope),
      slotLocks: new Map(facts.locks.map((lock) => [lock.slotId, describeLock(lock)])),
      thresholds,
      now,
      timeZone,
      durationSeconds: (now.getTime() - startedAt.getTime()) / 1000,
      isDeep: deep,
      errors: facts.errors,
      filesystem: facts.filesystem,
    });
  }

  #lendingContext(): LendingContext {
    const { workspacesDir, stateDir, timeZone, clock } = this.#inspection;
    const thresholds = this.#thresholds();
    return {
      ...{ workspacesDir, stateDir, timeZone, clock, thresholds },
      lockTimeoutSeconds: this.#config.recovery.lockTimeoutSeconds,
      cleanupTimeoutSeconds: this.#config.lending.cleanupTimeoutSeconds,
      findFault: (pool, inspection) => detectCorruptedSlot(inspection, countSlots(pool), thresholds)?.detail,
    };
  }

  #cleanupOf(repoName: string): CleanupPolicy {
    return this.#config.lending.pools[repoName]?.cleanup ?? defaultCleanup;
  }

  #findOrphanedLocks(facts: InspectionResult, scope: SnapshotScope): OrphanedLock[] {
    const pools = scope.pool === undefined ? facts.pools.map(({ pool }) => pool) : this.#readPools();
    const known = new Set(pools.flatMap((pool) => pool.slots.map((slot) => slot.slotId)));
    const staleLockHours = this.#config.detection.staleLockHours;
    const now = this.#inspection.clock.now();
    const candidates = facts.locks.map((lock) => ({ ...lock, isFree: isFree(lock) }));
    const orphaned = detectOrphanedLocks(candidates, known, { staleLockHours, now });
    return orphaned.filter((lock) => scope.pool === undefined || lock.repoName === scope.pool);
  }

  #thresholds(maxAllocationHours?: number): Thresholds {
    const { detection } = this.#config;
    return { ...detection, maxAllocationHours: maxAllocationHours ?? detection.maxAllocationHours };
  }

  #readPools(): Pool[] {
    return readPools(this.#inspection.workspacesDir, { timeZone: this.#inspection.timeZone });
  }

  #findPause(
    { slotId, repoName }: { slotId: string; repoName: string },
    trigger: Trigger,
  ): string | undefined {
    const now = this.#inspection.clock.now();
    const pause = this.#pauses.find({ slotId, pool: repoName }, now);
    if (pause !== undefined) return `paused by ${pause.name}: ${pause.reason}`;
    const isPersons = trigger === "command" || trigger === "api";
    return !isPersons && this.#isInMaintenance(repoName, now) ? "a maintenance window is open" : undefined;
  }

  /** Loaded only where something is to be changed: it costs a check nothing. */
  async #createEngine() {
    const { RecoveryEngine } = await import("./recovery/recovery-engine.ts");
    return new RecoveryEngine({
      inspection: this.#inspection,
      thresholds: this.#thresholds(),
      journal: this.#journal,
      unattendedLimits: this.#config.recovery,
      findPause: (slot, trigger) => this.#findPause(slot, trigger),
      takeSnapshot: (scope) => this.snapshot(scope),
    });
  }
}

function isFree(lock: LockFacts): boolean {
  return lock.holder.kind === "none" || (lock.holder.kind === "unknown" && isLockFree(lock.path));
}

function describeLock(lock: LockFacts): SlotLockSnapshot {
  if (lock.holder.kind === "held") return { kind: "held", holders: lock.holder.processes };
  return lock.holder.kind === "unknown" ? { kind: "unknown" } : { kind: "free" };
}
