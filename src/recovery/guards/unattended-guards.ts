import { countOf } from "../../platform/count-of.ts";
import type { Snapshot } from "../../anomalies/snapshot.ts";
import type { Refusal } from "../refusal.ts";
import type { RecoveryMemory } from "./recovery-memory.ts";
import type { NamedSlot } from "../plan/slot-facts.ts";

/** Bounds on runs that no person started. */
export interface UnattendedLimits {
  /** Recoveries of slots per hour. */
  readonly budgetPerHour: number;
  /** After a failed recovery; doubles with each failed run in a row. */
  readonly cooldownSeconds: number;
  /** Share of a pool's slots that may be corrupted before one shared cause is assumed. */
  readonly maxUnhealthyRatio: number;
  /** How long a pool is left alone after a storm was last seen in it. */
  readonly stormCooldownSeconds: number;
}

export interface UnattendedFacts {
  readonly snapshot: Snapshot;
  readonly memory: Pick<RecoveryMemory, "failuresOf" | "recoveriesSince" | "lastStormOf">;
  /** The run that asks: what it has begun on a slot it may go on with. */
  readonly runId: string;
  readonly now: Date;
}

export interface StormFacts extends Pick<UnattendedFacts, "snapshot" | "now"> {
  readonly memory: Pick<RecoveryMemory, "lastStormOf">;
}

const fewestSlotsOfStorm = 3;
const longestCooldownFactor = 64;
const hourMilliseconds = 3_600_000;

/** Why an unattended run leaves a slot alone now; undefined if it may act. Pure: the journal is the memory. */
export function refuseUnattended(
  slot: NamedSlot,
  facts: UnattendedFacts,
  limits: UnattendedLimits,
): Refusal | undefined {
  return (
    refuseStorm(slot.repoName, facts, limits) ??
    refuseCooldown(slot.slotId, facts, limits) ??
    refuseBudget(slot.slotId, facts, limits)
  );
}

/** Many corrupted slots of a pool at once probably have one shared cause. */
export function refuseStorm(
  repoName: string,
  { snapshot, memory, now }: StormFacts,
  limits: UnattendedLimits,
): Refusal | undefined {
  const slotCount = snapshot.pools.find((pool) => pool.repoName === repoName)?.slots.length ?? 0;
  const corrupted = snapshot.anomalies.corruptedSlots.filter((slot) => slot.repoName === repoName).length;
  if (corrupted >= fewestSlotsOfStorm && corrupted > slotCount * limits.maxUnhealthyRatio) {
    const detail = `${corrupted} of ${slotCount} slots of ${repoName} are corrupted: one shared cause is likely`;
    return { reason: "storm", detail, data: { observed: true } };
  }
  const seenAt = memory.lastStormOf(repoName);
  if (seenAt === undefined || !isWaiting(seenAt, limits.stormCooldownSeconds, now)) return undefined;
  const until = new Date(seenAt.getTime() + limits.stormCooldownSeconds * 1000);
  return { reason: "storm", detail: `${repoName} is left alone until ${until.toISOString()}, after a storm` };
}

function refuseCooldown(
  slotId: string,
  { memory, now }: UnattendedFacts,
  limits: UnattendedLimits,
): Refusal | undefined {
  const failures = memory.failuresOf(slotId);
  if (failures === undefined) return undefined;
  const factor = Math.min(2 ** (failures.runCount - 1), longestCooldownFactor);
  const waitSeconds = factor * limits.cooldownSeconds;
  if (!isWaiting(failures.lastAt, waitSeconds, now)) return undefined;
  const until = new Date(failures.lastAt.getTime() + waitSeconds * 1000);
  return { reason: "cooldown", detail: `waits until ${until.toISOString()} after a failed recovery` };
}

/** A clock that was set back must not lengthen the wait indefinitely: a time in the future holds nothing back. */
function isWaiting(since: Date, seconds: number, now: Date): boolean {
  const elapsed = now.getTime() - since.getTime();
  return elapsed >= 0 && elapsed < seconds * 1000;
}

function refuseBudget(
  slotId: string,
  { memory, now, runId }: UnattendedFacts,
  limits: UnattendedLimits,
): Refusal | undefined {
  // Not slots: one that breaks again after each recovery would be cloned without end.
  const recoveries = memory.recoveriesSince(new Date(now.getTime() - hourMilliseconds));
  const isBegun = recoveries.some((known) => known.slotId === slotId && known.runId === runId);
  if (isBegun || recoveries.length < limits.budgetPerHour) return undefined;
  return {
    reason: "budget",
    detail: `${countOf(recoveries.length, "recovery", "recoveries")} within an hour`,
  };
}
