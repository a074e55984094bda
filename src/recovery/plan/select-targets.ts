import type { CorruptedSlot, LongAllocatedSlot, OrphanedLock } from "../../anomalies/anomaly.ts";
import { describeClosedPlace, findClosedPlace } from "../../anomalies/find-problems.ts";
import type { Snapshot } from "../../anomalies/snapshot.ts";
import { parseSlotId } from "../../pool/slot-id.ts";
import type { RepairReason } from "./fault-parts.ts";
import { isManual, type RecoveryRequest } from "../recovery-request.ts";
import type { NamedSlot } from "./slot-facts.ts";

/** What a repair is for: an anomaly, or rights that keep the slot's user out. */
export type SlotRepair = Pick<CorruptedSlot, "slotId" | "repoName" | "detail"> & {
  readonly reasons: readonly RepairReason[];
};

/** One slot that a run acts on, and why. */
export interface SlotTarget extends NamedSlot {
  readonly release: LongAllocatedSlot | undefined;
  readonly repair: SlotRepair | undefined;
  /** `recoverSlot` by hand puts an isolated slot back into rotation once nothing is wrong with it. */
  readonly isIsolated: boolean;
}

export interface RunTargets {
  /** One entry for each slot, so that a slot is locked once. */
  readonly slots: readonly SlotTarget[];
  readonly lockMoves: readonly OrphanedLock[];
  /** Corrupted slots that wait for a person. */
  readonly leftIsolated: readonly SlotRepair[];
}

/** Which anomalies a run acts on. Only a person who names an isolated slot brings a run to it. */
export function selectTargets(
  { anomalies, isolatedSlots, pools }: Pick<Snapshot, "anomalies" | "isolatedSlots" | "pools">,
  request: RecoveryRequest,
): RunTargets {
  const { slotId: named, options } = request;
  const isolated = new Set(isolatedSlots.map(({ slotId }) => slotId));
  const releases = options.forceReleaseLongAllocated ? anomalies.longAllocatedSlots : [];
  const repairs = options.recoverCorrupted ? [...anomalies.corruptedSlots, ...selectClosed(pools)] : [];
  const locks = options.cleanupOrphanedLocks ? anomalies.orphanedLocks : [];
  const isWanted = ({ slotId }: { slotId: string }): boolean => named === undefined || slotId === named;
  // Slots without a record are recovered only by name.
  const ofSources = new Set(
    pools
      .filter(({ source }) => source !== undefined)
      .flatMap(({ slots }) => slots.map(({ slotId }) => slotId)),
  );
  const isOpen = ({ slotId }: { slotId: string }): boolean =>
    (!isolated.has(slotId) && (slotId === named || !ofSources.has(slotId))) ||
    (slotId === named && isManual(request));
  const found = [...releases, ...repairs].filter((anomaly) => isWanted(anomaly) && isOpen(anomaly));
  const slots = new Map(found.map(({ slotId, repoName }) => [slotId, { slotId, repoName }]));
  const repoName = named === undefined ? undefined : findPoolOf(named, pools);
  if (named !== undefined && repoName !== undefined && isOpen({ slotId: named }))
    slots.set(named, { slotId: named, repoName });
  return {
    slots: [...slots.values()].map((slot) => ({
      ...slot,
      release: releases.find(({ slotId }) => slotId === slot.slotId),
      repair: repairs.find(({ slotId }) => slotId === slot.slotId),
      isIsolated: isolated.has(slot.slotId),
    })),
    lockMoves: locks.filter(isWanted),
    leftIsolated: named === undefined ? repairs.filter(({ slotId }) => isolated.has(slotId)) : [],
  };
}

function findPoolOf(slotId: string, pools: Snapshot["pools"]): string | undefined {
  const pool = pools.find(({ slots }) => slots.some((slot) => slot.slotId === slotId));
  return pool?.repoName ?? parseSlotId(slotId)?.repoName;
}

/** After the reported ones: the first reason found for a slot counts, and its inspection finds the others. */
function selectClosed(pools: Snapshot["pools"]): SlotRepair[] {
  return pools.flatMap(({ slots }) =>
    slots.flatMap(({ slotId, repoName, evidence, state }) => {
      const closed = findClosedPlace(evidence);
      // Without its state the slot may be an agent's, and only a person knows better.
      if (closed === undefined || state === undefined) return [];
      return [{ slotId, repoName, reasons: ["ownership" as const], detail: describeClosedPlace(closed) }];
    }),
  );
}

/** A named slot is recovered whatever is wrong with it, also for a fault that only this inspection found. */
export function withFoundFault(
  target: SlotTarget,
  { reasons, detail }: Pick<SlotRepair, "reasons" | "detail">,
  { slotId: named, options }: RecoveryRequest,
): SlotTarget {
  if (named === undefined || !options.recoverCorrupted) return target;
  if (target.repair !== undefined || reasons.length === 0) return target;
  const { slotId, repoName } = target;
  return { ...target, repair: { slotId, repoName, reasons, detail } };
}

/** False for a slot that somebody named and nothing is wrong with. */
export function hasWork({ release, repair, isIsolated }: SlotTarget): boolean {
  return release !== undefined || repair !== undefined || isIsolated;
}
