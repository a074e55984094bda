import type { Anomalies, CorruptedSlot, LongAllocatedSlot, OrphanedLock } from "./anomalies/anomaly.ts";
import { hasUnseen } from "./anomalies/pool-problem.ts";
import type { SnapshotOptions, SnapshotScope } from "./anomalies/snapshot-service.ts";
import type { SlotSnapshot, Snapshot } from "./anomalies/snapshot.ts";
import { PoolConfig } from "./config/pool-config.ts";
import type { SidecarConfig } from "./config/sidecar-config.ts";
import type { AllocationOptions, AllocationResult } from "./lending/allocate-slot.ts";
import type { PoolCreationOptions } from "./lending/lending.ts";
import { requireChange } from "./lending/lending-error.ts";
import type { LockManager } from "./lending/lock-manager.ts";
import { summarizePool, type PoolSummary } from "./lending/pool-summary.ts";
import type { ReleaseResult } from "./lending/release-slot.ts";
import type { Removed } from "./lending/remove-slot.ts";
import { viewPool, viewSlot, type PoolView, type SlotView } from "./lending/slot-view.ts";
import type { Clock } from "./platform/clock.ts";
import { CodedError, UsageError } from "./platform/coded-error.ts";
import type { Pool, Slot } from "./pool/pool.ts";
import { createPoolServices, type PoolServices } from "./pool-services.ts";
import type { RunControls } from "./recovery/execute/run-controls.ts";
import type { RecoveryOptionsInput } from "./recovery/plan/recovery-options.ts";
import type { RecoveryReport } from "./recovery/recovery-report.ts";
import type { RecoveryRequest } from "./recovery/recovery-request.ts";
import type { ReclaimResult } from "./recovery/execute/plan-reclaim.ts";
import type { SlotSave } from "./recovery/save-slot.ts";
import type { RequestedRecovery } from "./recovery/recovery-service.ts";

export type { SnapshotOptions, SnapshotScope };

export interface HealthCheckOptions {
  readonly maxAllocationHours?: number;
  /** If anomalies are found, call `autoRecover` with these options. Without it nothing is changed. */
  readonly recover?: RecoveryOptionsInput;
}

export interface ReclaimOptions {
  /** slot_ids or paths; undefined for those beyond the limits of their sources. */
  readonly slots?: readonly string[];
  /** Only those without activity for longer. */
  readonly olderSeconds?: number;
  readonly dryRun?: boolean;
  readonly allowRoot?: boolean;
}

/** The guide's methods over the pools of one workspaces directory. */
export class PoolManager {
  #services: PoolServices;
  readonly #clock: Clock | undefined;
  readonly #readConfig: (() => Promise<SidecarConfig>) | undefined;

  constructor(options: {
    config: SidecarConfig;
    clock?: Clock;
    /** Where `reload` reads the settings again. */
    readConfig?: () => Promise<SidecarConfig>;
  }) {
    this.#clock = options.clock;
    this.#readConfig = options.readConfig;
    this.#services = createPoolServices(options.config, { clock: options.clock });
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
   * Reads the settings of `fromConfigFile` again; pools are read at every call anyway.
   * @throws UsageError `CONFIG_INVALID`: the old settings then stay.
   */
  async reload(): Promise<void> {
    if (this.#readConfig === undefined) return;
    this.#services = createPoolServices(await this.#readConfig(), { clock: this.#clock });
  }

  /** The guide's lock manager. */
  get lockManager(): LockManager {
    return this.#services.lockManager;
  }

  /** Every pool of the workspaces directory with its slots, as their metadata has them. */
  async listPools(): Promise<PoolView[]> {
    return Promise.resolve(this.#services.inventory.list().map(viewPool));
  }

  /** One pool with its slots. @throws UsageError `POOL_UNKNOWN` if there is no such pool. */
  async getPool(repoName: string): Promise<PoolView> {
    return Promise.resolve(viewPool(this.#services.inventory.requirePool(repoName)));
  }

  /** Inspects the slot's pool, and returns what was found of the slot. @throws UsageError `SLOT_UNKNOWN` */
  async getSlotStatus(slotId: string): Promise<SlotSnapshot> {
    const { repoName } = this.requireSlot(slotId);
    const { pools } = await this.snapshot({ pool: repoName });
    const slot = pools.flatMap(({ slots }) => slots).find((candidate) => candidate.slotId === slotId);
    if (slot === undefined) throw new UsageError("SLOT_UNKNOWN", `${slotId} could not be inspected`);
    return slot;
  }

  /** The slot as its metadata has it; its repository is not looked at. @throws UsageError `SLOT_UNKNOWN` */
  requireSlot(slotId: string): Slot {
    return this.#services.inventory.requireSlot(slotId);
  }

  /** A pool of any source, also one without a pool manager. @throws UsageError `POOL_UNKNOWN` */
  requireWatchedPool(repoName: string): Pool {
    return this.#services.inventory.requireWatchedPool(repoName);
  }

  /** A slot of any source, by its slot_id or by a path in it. @throws UsageError `SLOT_UNKNOWN` */
  requireWatchedSlot(slotIdOrPath: string): Slot {
    return this.#services.inventory.requireWatchedSlot(slotIdOrPath);
  }

  /** As `requireWatchedSlot`; undefined if there is no such slot. */
  findWatchedSlot(slotIdOrPath: string): Slot | undefined {
    try {
      return this.requireWatchedSlot(slotIdOrPath);
    } catch (error) {
      if (error instanceof CodedError) return undefined;
      throw error;
    }
  }

  /** Each pool in numbers, by its name. */
  async getPoolSummary(): Promise<Record<string, PoolSummary>> {
    const pools = await Promise.resolve(this.#services.inventory.list());
    return Object.fromEntries(pools.map((pool) => [pool.repoName, summarizePool(pool)]));
  }

  /** Creates a pool. @throws UsageError `POOL_EXISTS`, or for wrong arguments; LendingError if it was not created. */
  async createPool(repoName: string, options: PoolCreationOptions = {}): Promise<PoolView> {
    const lending = await this.#services.lending();
    return viewPool(requireChange(await lending.create(repoName, options)).pool);
  }

  /**
   * Allocates the most recently used available slot, cleaned and up to date; undefined if none can be allocated now.
   * @throws UsageError `POOL_UNKNOWN`.
   */
  async allocateSlot(repoName: string, options: AllocationOptions = {}): Promise<SlotView | undefined> {
    const result = await this.allocateSlotDetailed(repoName, options);
    return result.kind === "allocated" ? viewSlot(result.slot) : undefined;
  }

  /** As `allocateSlot`, with warnings, or with the reason why each slot could not be allocated. */
  async allocateSlotDetailed(repoName: string, options: AllocationOptions = {}): Promise<AllocationResult> {
    return (await this.#services.lending()).allocate(repoName, options);
  }

  /**
   * Ends an allocation: unsaved work is saved, the slot is cleaned, its branch stays.
   * @throws LendingError if the slot was not released, or is out of rotation now; `code` says why.
   */
  async releaseSlot(slotId: string): Promise<SlotView> {
    return viewSlot(requireChange(await this.releaseSlotDetailed(slotId)).slot);
  }

  /** As `releaseSlot`, but returns refusals instead of throwing. */
  async releaseSlotDetailed(slotId: string): Promise<ReleaseResult> {
    return (await this.#services.lending()).release(slotId);
  }

  /** Adds one slot to a pool. @throws UsageError `POOL_UNKNOWN`; LendingError if no slot was added. */
  async addSlot(repoName: string): Promise<SlotView> {
    return viewSlot(requireChange(await (await this.#services.lending()).add(repoName)).slot);
  }

  /**
   * Moves a slot out of its pool into quarantine, its unsaved work saved. `force`: also while it is allocated.
   * @throws UsageError `SLOT_UNKNOWN`; LendingError if it was not removed.
   */
  async removeSlot(slotId: string, { force = false }: { force?: boolean } = {}): Promise<Removed> {
    return requireChange(await (await this.#services.lending()).remove(slotId, { force }));
  }

  /**
   * Forgets a pool that was removed on purpose, so that it is no longer reported. Removes nothing.
   * @throws UsageError `POOL_EXISTS` if it is there; `POOL_UNKNOWN` if it was never seen
   */
  forgetPool(repoName: string): void {
    this.#services.inventory.forget(repoName);
  }

  /** Slots that have been allocated for longer than `maxAllocationHours`, by default the configured limit. */
  async detectLongAllocatedSlots(
    options: { maxAllocationHours?: number } = {},
  ): Promise<readonly LongAllocatedSlot[]> {
    return (await this.detectAnomalies(options)).longAllocatedSlots;
  }

  /** Slots whose directory, metadata or repository is broken, with the reasons. */
  async detectCorruptedSlots(): Promise<readonly CorruptedSlot[]> {
    return (await this.detectAnomalies()).corruptedSlots;
  }

  /** Old locks that nobody holds and no slot owns. */
  async detectOrphanedLocks(): Promise<readonly OrphanedLock[]> {
    return (await this.detectAnomalies()).orphanedLocks;
  }

  /** The guide's three lists at once. */
  async detectAnomalies(options: { maxAllocationHours?: number } = {}): Promise<Anomalies> {
    return (await this.snapshot(options)).anomalies;
  }

  /**
   * True if everything was looked at and no anomaly was found. Anomalies are posted to the address in
   * `health_check.webhook_url_file`, if one is set, and recovered with `recover`, as in the guide's example.
   */
  async healthCheck(options: HealthCheckOptions = {}): Promise<boolean> {
    const snapshot = await this.snapshot(options);
    const { anomalies } = snapshot;
    if (Object.values(anomalies).every((found: readonly unknown[]) => found.length === 0))
      return !hasUnseen(snapshot);
    await this.#services.notifier.send(anomalies);
    if (options.recover !== undefined) await this.autoRecover(options.recover);
    return false;
  }

  /** The guide's `recover_slot`: true if the slot is usable afterwards. */
  async recoverSlot(slotId: string, options: { force?: boolean } = {}): Promise<boolean> {
    const report = await this.recoverSlotDetailed(slotId, options);
    return report.errors.length === 0 && report.actions.every(({ outcome }) => outcome !== "refused");
  }

  /** As `recoverSlot`, with each step and its outcome. @throws UsageError `SLOT_UNKNOWN`; and as `recover` */
  async recoverSlotDetailed(
    slotId: string,
    options: { force?: boolean } & RecoveryOptionsInput = {},
  ): Promise<RecoveryReport> {
    this.requireSlot(slotId);
    const { force = false, ...input } = options;
    return this.recover(this.createRequest({ slotId, force, input }));
  }

  /** Saves the unsaved work of a slot of any source, and changes nothing in it. @throws UsageError `SLOT_UNKNOWN` */
  async saveSlot(slotIdOrPath: string): Promise<SlotSave> {
    const slot = this.requireWatchedSlot(slotIdOrPath);
    return this.#services.recovery.saveSlot({ pool: this.requireWatchedPool(slot.repoName), slot });
  }

  /**
   * Saves the unsaved work of slots of sources and moves the slots to quarantine: those that are named, or those beyond
   * the limits of their sources. Only slots that nobody uses, of sources that allow it. @throws UsageError `SLOT_UNKNOWN`; and as `recover`
   */
  async reclaim(options: ReclaimOptions = {}, controls: RunControls = {}): Promise<ReclaimResult> {
    const { slots, olderSeconds, dryRun = false, allowRoot = false } = options;
    const slotIds = slots?.map((slot) => this.requireWatchedSlot(slot).slotId);
    const request = this.createRequest({ slotId: undefined, force: false, input: { dryRun, allowRoot } });
    return this.#services.recovery.reclaim(request, { slotIds, olderSeconds }, controls);
  }

  /**
   * Brings a reclaimed slot back, by the id of its directory in quarantine.
   * @throws CodedError `SALVAGE_UNKNOWN`; and as `recover`
   */
  async undoReclaim(id: string): Promise<RecoveryReport> {
    const request = this.createRequest({ slotId: undefined, force: false, input: {} });
    return this.#services.recovery.undoReclaim(request, id);
  }

  /** Takes a slot out of rotation. @throws UsageError `SLOT_UNKNOWN`; and as `recover` */
  async isolateSlot(
    slotId: string,
    reason = "isolated by hand",
    origin: Partial<Pick<RecoveryRequest, "trigger" | "requestedBy">> = {},
  ): Promise<RecoveryReport> {
    this.requireSlot(slotId);
    const request = this.createRequest({ slotId, force: false, input: {} });
    return this.#services.recovery.isolate({ ...request, ...origin }, reason);
  }

  /** The guide's `auto_recover`: recovers what is wrong in all pools, or in one. @throws as `recover` */
  autoRecover(options: RecoveryOptionsInput = {}): Promise<RecoveryReport> {
    return this.recover(this.createRequest({ slotId: undefined, force: false, input: options }));
  }

  /** Executes a request. @throws CodedError `RUN_LOCK_HELD`, `GIT_TOO_OLD`, `GIT_UNAVAILABLE`, or the journal's */
  recover(request: RecoveryRequest, controls: RunControls = {}): Promise<RecoveryReport> {
    return this.#services.recovery.run(request, controls);
  }

  /** A request for `recover`, with the defaults of the options that are left out. */
  createRequest(what: RequestedRecovery): RecoveryRequest {
    return this.#services.recovery.createRequest(what);
  }

  /** Everything that one inspection of the pools finds. Changes nothing. */
  snapshot(scope: SnapshotScope = {}, options: SnapshotOptions = {}): Promise<Snapshot> {
    return this.#services.snapshots.take(scope, options);
  }
}
