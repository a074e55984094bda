import { inspectPools } from "../inspection/inspect-pools.ts";
import type { InspectionResult, InspectionSettings } from "../inspection/inspection-result.ts";
import { assessInventory } from "../inspection/inventory-facts.ts";
import { readKnownPools } from "../inspection/memory/known-pools.ts";
import type { InspectionMemory } from "../inspection/memory/inspection-memory.ts";
import { isHeldDirectory, isLockFree, type LockFacts } from "../pool/locks/lock-inspection.ts";
import { startStopwatch } from "../platform/clock.ts";
import { CodedError } from "../platform/coded-error.ts";
import type { Pool } from "../pool/pool.ts";
import { readInventory } from "../pool/pool-store.ts";
import type { OrphanedLock } from "./anomaly.ts";
import { createSnapshot } from "./create-snapshot.ts";
import { detectOrphanedLocks, type LockInventory } from "./detect-orphaned-locks.ts";
import type { SlotLockSnapshot, Snapshot } from "./snapshot.ts";
import type { Thresholds } from "./thresholds.ts";

/** What a snapshot covers, and thresholds that differ from the configured ones. */
export interface SnapshotScope {
  /** Undefined means every pool. */
  readonly pool?: string | undefined;
  /** With its pool: no other slot is inspected. */
  readonly slotId?: string | undefined;
  readonly deep?: boolean;
  /** Looks for unsaved work and at sizes for this long. */
  readonly surveySeconds?: number | undefined;
  readonly maxAllocationHours?: number | undefined;
  readonly staleLockHours?: number | undefined;
}

export interface SnapshotOptions {
  /** What `serve` remembers of earlier inspections; without it every slot is read in full. */
  readonly memory?: InspectionMemory;
  /** Called with how many of the deep checks, or of the looks of a survey, are done. */
  readonly onProgress?: (doneCount: number, totalCount: number) => void;
}

/** What was read, before it is judged. */
export interface Inspection extends InspectionResult {
  readonly endedAt: Date;
  readonly durationSeconds: number;
}

/** Inspects the pools and judges what was found. Changes nothing. */
export class SnapshotService {
  readonly #inspection: InspectionSettings;
  readonly #thresholds: Thresholds;

  constructor({ inspection, thresholds }: { inspection: InspectionSettings; thresholds: Thresholds }) {
    this.#inspection = inspection;
    this.#thresholds = thresholds;
  }

  async take(scope: SnapshotScope = {}, options: SnapshotOptions = {}): Promise<Snapshot> {
    return this.judge(await this.inspect(scope, options), scope);
  }

  /** The facts alone, so that `serve` can add to them before they are judged. */
  async inspect(scope: SnapshotScope, options: SnapshotOptions = {}): Promise<Inspection> {
    const { pool, slotId, deep, surveySeconds } = scope;
    const elapsedSeconds = startStopwatch();
    const facts = await inspectPools(this.#inspection, { pool, slotId, deep, surveySeconds, ...options });
    return { ...facts, endedAt: this.#inspection.clock.now(), durationSeconds: elapsedSeconds() };
  }

  /** Judges facts that were read with the same scope. */
  judge(facts: Inspection, scope: SnapshotScope): Promise<Snapshot> {
    const thresholds = this.#thresholdsOf(scope);
    const { endedAt, pools, locks, ...rest } = facts;
    return createSnapshot({
      ...rest,
      inspectedPools: pools,
      orphanedLocks: this.#findOrphanedLocks(facts, scope, thresholds),
      slotLocks: new Map(locks.map((lock) => [lock.slotId, describeLock(lock, endedAt, thresholds)])),
      lockDirectories: new Set(
        locks.filter(({ entryKind }) => entryKind === "directory").map(({ slotId }) => slotId),
      ),
      thresholds,
      now: endedAt,
      timeZone: this.#inspection.timeZone,
      isDeep: scope.deep ?? false,
    });
  }

  #thresholdsOf({ maxAllocationHours, staleLockHours }: SnapshotScope): Thresholds {
    return {
      ...this.#thresholds,
      ...(maxAllocationHours !== undefined && { maxAllocationHours, idleAfterHours: maxAllocationHours }),
      ...(staleLockHours !== undefined && { staleLockHours }),
    };
  }

  /** A lock is orphaned only if no pool has its slot, so an inspection of one pool reads the metadata of all. */
  #findOrphanedLocks(facts: Inspection, { pool }: SnapshotScope, thresholds: Thresholds): OrphanedLock[] {
    const inventory = pool === undefined ? inventoryOf(facts) : this.#readInventory();
    const candidates = facts.locks.map((lock) => ({ ...lock, isFree: isFree(lock) }));
    const { staleLockHours } = thresholds;
    const orphaned = detectOrphanedLocks(candidates, inventory, { staleLockHours, now: facts.endedAt });
    return orphaned.filter((lock) => pool === undefined || lock.repoName === pool);
  }

  #readInventory(): LockInventory {
    try {
      const { workspacesDir, timeZone } = this.#inspection;
      const reading = readInventory(workspacesDir, { timeZone });
      const { inventory } = assessInventory(reading, readKnownPools(this.#inspection), { workspacesDir });
      return { ...inventory, slotIds: slotIdsOf(reading.pools) };
    } catch (error) {
      // The inspection of the pool has reported why.
      if (error instanceof CodedError) return { isWhole: false, otherNames: [], slotIds: new Set() };
      throw error;
    }
  }
}

function inventoryOf({ inventory, pools }: Inspection): LockInventory {
  return { ...inventory, slotIds: slotIdsOf(pools.map(({ pool }) => pool)) };
}

function slotIdsOf(pools: readonly Pool[]): Set<string> {
  return new Set(pools.flatMap(({ slots }) => slots.map(({ slotId }) => slotId)));
}

function isFree({ holder, path }: LockFacts): boolean {
  return holder.kind === "none" || (holder.kind === "unknown" && isLockFree(path));
}

function describeLock(lock: LockFacts, now: Date, { staleLockHours }: Thresholds): SlotLockSnapshot {
  const { holder } = lock;
  if (isHeldDirectory(lock, now, staleLockHours)) return { kind: "held", holders: [] };
  if (holder.kind === "held") return { kind: "held", holders: holder.processes };
  return holder.kind === "unknown" ? { kind: "unknown" } : { kind: "free" };
}
