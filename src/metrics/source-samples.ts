import { isReclaimable } from "../anomalies/is-reclaimable.ts";
import type { PoolSnapshot, SlotSnapshot, Snapshot } from "../anomalies/snapshot.ts";
import { registrationStates } from "../pool/pool.ts";
import { sample, type Sample } from "./sample.ts";
import { sourceMetrics as metrics } from "./source-metrics.ts";

/** The sums of a pool without a pool manager: they count every slot, also those without series. */
export function* sampleSourcePool(pool: PoolSnapshot, now: Date): Generator<Sample> {
  const label = { pool: pool.repoName };
  const reclaimable = pool.slots.filter((slot) => isReclaimable(slot, pool, now));
  const bytes = reclaimable.reduce((sum, { diskBytes = 0 }) => sum + diskBytes, 0);
  yield sample(metrics.reclaimableBytes, bytes, label);
  const { registrations } = pool;
  if (registrations === undefined) return;
  for (const state of registrationStates)
    yield sample(metrics.registrations, registrations[state], { ...label, state });
}

/**
 * The slots without series of their own: work trees come and go by the hundred, so the number of slots with series is limited
 * for each source. Slots with unsaved work come first, then faulty ones; among equals, the longest idle first.
 */
export function selectUnsampled({ pools }: Snapshot, mostSlotsPerSource: number): ReadonlySet<string> {
  const bySource = new Map<string, SlotSnapshot[]>();
  for (const { source, slots } of pools)
    if (source !== undefined) bySource.set(source, [...(bySource.get(source) ?? []), ...slots]);
  const unsampled = [...bySource.values()]
    .filter((slots) => slots.length > mostSlotsPerSource)
    .flatMap((slots) => slots.toSorted(compareRisk).slice(mostSlotsPerSource));
  return new Set(unsampled.map(({ slotId }) => slotId));
}

function compareRisk(one: SlotSnapshot, other: SlotSnapshot): number {
  return rankOf(one) - rankOf(other) || activityOf(one) - activityOf(other);
}

function rankOf({ unsavedWork = [], reasons }: SlotSnapshot): number {
  if (unsavedWork.some((kind) => kind !== "unknown")) return 0;
  return reasons.length > 0 ? 1 : 2;
}

function activityOf({ lastActivityAt }: SlotSnapshot): number {
  return lastActivityAt?.getTime() ?? 0;
}
