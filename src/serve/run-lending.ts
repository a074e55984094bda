import type { Snapshot } from "../anomalies/snapshot.ts";
import type { SidecarConfig } from "../config/sidecar-config.ts";
import { PoolManager } from "../pool-manager.ts";
import type { LayoutKind } from "../pool/pool.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";
import type { SlotStateName } from "../pool/records/slot-record.ts";

/** What a change of a pool or a slot came to: `record` is a slot.json where it ended well, `refusal` why it did not. */
export interface LendingOutcome {
  readonly record: Readonly<Record<string, unknown>> | undefined;
  readonly path: string | undefined;
  readonly warnings: readonly string[];
  readonly refusal: { readonly reason: string; readonly detail: string } | undefined;
}

export async function runAllocate(config: SidecarConfig, repoName: string): Promise<LendingOutcome> {
  const result = await new PoolManager({ config }).allocateSlotDetailed(repoName);
  if (result.kind === "allocated") {
    const { slot, warnings } = result;
    return { record: slot.reading.record.fields, path: slot.path, warnings, refusal: undefined };
  }
  const reasons = result.passedOver.map(({ slotId, reason, detail }) => `${slotId}: ${reason}: ${detail}`);
  const detail = reasons.length === 0 ? `every slot of ${repoName} is in use` : reasons.join("; ");
  return { record: undefined, path: undefined, warnings: [], refusal: { reason: "none_available", detail } };
}

export async function runRelease(config: SidecarConfig, slotId: string): Promise<LendingOutcome> {
  const result = await new PoolManager({ config }).releaseSlotDetailed(slotId);
  if (result.kind === "refused") return { record: undefined, path: undefined, warnings: [], refusal: result };
  const { fields } = result.slot.reading.record;
  const salvaged = result.salvageId === undefined ? [] : [`unsaved work was saved as ${result.salvageId}`];
  if (result.kind === "unusable")
    return { record: fields, path: result.slot.path, warnings: salvaged, refusal: result };
  const warnings = [...salvaged, ...result.warnings];
  return { record: fields, path: result.slot.path, warnings, refusal: undefined };
}

export interface PrintedPool {
  readonly repo_name: string;
  readonly layout: LayoutKind;
  readonly num_slots: number | null;
  readonly states: Readonly<Record<SlotStateName, number>>;
  readonly unreadable: number;
  readonly total_allocations: number;
  readonly total_usage_seconds: number;
}

export interface PoolStatus extends PrintedPool {
  /** Slots out of rotation until a person recovers them. */
  readonly isolated: number;
  readonly anomalies: {
    readonly long_allocated_slots: number;
    readonly corrupted_slots: number;
    readonly orphaned_locks: number;
  };
}

/** Every pool in numbers with what is wrong in it, as `status --json` prints it. */
export async function runStatus(config: SidecarConfig): Promise<PoolStatus[]> {
  const { anomalies, isolatedSlots } = await new PoolManager({ config }).snapshot();
  const pools = await runPoolList(config);
  return pools.map((pool) => {
    const count = (list: readonly { readonly repoName: string }[]): number =>
      list.filter(({ repoName }) => repoName === pool.repo_name).length;
    return {
      ...pool,
      isolated: count(isolatedSlots),
      anomalies: {
        long_allocated_slots: count(anomalies.longAllocatedSlots),
        corrupted_slots: count(anomalies.corruptedSlots),
        orphaned_locks: count(anomalies.orphanedLocks),
      },
    };
  });
}

/** Every pool in numbers, as `pool list --json` prints it. */
export async function runPoolList(config: SidecarConfig): Promise<PrintedPool[]> {
  const summaries = await new PoolManager({ config }).getPoolSummary();
  return Object.values(summaries).map((summary) => ({
    repo_name: summary.repoName,
    layout: summary.layout,
    num_slots: summary.numSlots ?? null,
    states: summary.states,
    unreadable: summary.unreadable,
    total_allocations: summary.totalAllocations,
    total_usage_seconds: summary.totalUsageSeconds,
  }));
}

export interface PoolCreationRequest {
  readonly repoName: string;
  readonly repoUrl: string | undefined;
  readonly numSlots: number | undefined;
  readonly layout: LayoutKind | undefined;
  readonly onSlot: (doneCount: number, totalCount: number) => void;
}

export async function runPoolCreate(
  config: SidecarConfig,
  request: PoolCreationRequest,
): Promise<PrintedPool> {
  const { repoName, ...options } = request;
  await new PoolManager({ config }).createPool(repoName, options);
  const pool = (await runPoolList(config)).find((candidate) => candidate.repo_name === repoName);
  if (pool === undefined) throw new Error(`${repoName} was created and is not there any more`);
  return pool;
}

/** The slot.json of the new slot. */
export async function runAddSlot(
  config: SidecarConfig,
  repoName: string,
): Promise<Readonly<Record<string, unknown>>> {
  return (await new PoolManager({ config }).addSlot(repoName)).record?.fields ?? {};
}

export async function runRemoveSlot(config: SidecarConfig, slotId: string, options: { force: boolean }) {
  const { movedTo, salvageId } = await new PoolManager({ config }).removeSlot(slotId, options);
  return { slot_id: slotId, moved_to: movedTo, salvage_id: salvageId ?? null };
}

/** What `slots --json` prints of each slot. */
export type PrintedSlot = ReturnType<typeof printSlots>[number];

export async function runSlots(config: SidecarConfig, pool: string | undefined): Promise<PrintedSlot[]> {
  const manager = new PoolManager({ config });
  if (pool !== undefined) await manager.getPool(pool);
  return printSlots(await manager.snapshot({ pool }));
}

function printSlots(snapshot: Snapshot) {
  return snapshot.pools.flatMap(({ slots }) =>
    slots.map((slot) => ({
      slot_id: slot.slotId,
      repo_name: slot.repoName,
      slot_path: slot.path,
      state: slot.state ?? null,
      current_branch: slot.branch ?? null,
      current_commit: slot.commit ?? null,
      allocated_at: slot.allocatedAt?.toISOString() ?? null,
      isolation_reason: slot.isolationReason ?? null,
      lock: slot.lock.kind,
      reasons: slot.reasons,
    })),
  );
}

export async function runLocksList(config: SidecarConfig) {
  const manager = new PoolManager({ config });
  const orphaned = new Map((await manager.detectOrphanedLocks()).map((lock) => [lock.path, lock.reason]));
  const locks = await manager.lockManager.list();
  return locks.map((lock) => ({
    slot_id: lock.slotId,
    path: lock.path,
    held: lock.isHeld,
    holders: lock.holders,
    orphaned: orphaned.get(lock.path) ?? null,
  }));
}

/** A recovery of orphaned locks alone, with its guards and its journal. */
export async function runLocksClean(
  config: SidecarConfig,
  origin: Partial<Pick<RecoveryRequest, "trigger" | "requestedBy">> = {},
) {
  const manager = new PoolManager({ config });
  const input = { recoverCorrupted: false, forceReleaseLongAllocated: false, cleanupOrphanedLocks: true };
  const request = manager.createRequest({ slotId: undefined, force: false, input });
  const { orphanedLocksCleaned, errors } = await manager.recover({ ...request, ...origin });
  return { orphaned_locks_cleaned: orphanedLocksCleaned, errors };
}

export function runLocksUnlock(config: SidecarConfig, slotId: string) {
  return new PoolManager({ config }).lockManager.forceUnlock(slotId);
}
