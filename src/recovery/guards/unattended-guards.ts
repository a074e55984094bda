import type { Snapshot } from "../../anomalies/snapshot.ts";
import type { JournalEntry } from "../../journal/journal-entry.ts";
import type { RefusalReason } from "../recovery-action.ts";

/** Bounds on runs that no person started. */
export interface UnattendedLimits {
  /** Slots acted on per hour. */
  readonly budgetPerHour: number;
  /** After a failed recovery; doubles with each failure in a row. */
  readonly cooldownSeconds: number;
  /** Share of a pool's slots that may be corrupted before one shared cause is assumed. */
  readonly maxUnhealthyRatio: number;
}

export interface Refusal {
  readonly reason: Extract<RefusalReason, "cooldown" | "budget" | "storm">;
  readonly detail: string;
}

const fewestSlotsOfStorm = 3;
const longestCooldownFactor = 64;
const hourMilliseconds = 3_600_000;
const changingOutcomes = ["done", "failed", "no_effect"];

/** Why an unattended run leaves a slot alone now; undefined where it may act. Pure: the journal is the memory. */
export function refuseUnattended(
  slot: { slotId: string; repoName: string },
  facts: { snapshot: Snapshot; journal: readonly JournalEntry[]; now: Date },
  limits: UnattendedLimits,
): Refusal | undefined {
  return (
    refuseStorm(slot.repoName, facts.snapshot, limits) ??
    refuseCooldown(slot.slotId, facts, limits) ??
    refuseBudget(slot.slotId, facts, limits)
  );
}

function refuseStorm(repoName: string, snapshot: Snapshot, limits: UnattendedLimits): Refusal | undefined {
  const slotCount = snapshot.pools.find((pool) => pool.repoName === repoName)?.slots.length ?? 0;
  const corrupted = snapshot.anomalies.corruptedSlots.filter((slot) => slot.repoName === repoName).length;
  if (corrupted < fewestSlotsOfStorm || corrupted <= slotCount * limits.maxUnhealthyRatio) return undefined;
  const detail = `${corrupted} of ${slotCount} slots of ${repoName} are corrupted: one shared cause is likely`;
  return { reason: "storm", detail };
}

interface JournalFacts {
  readonly journal: readonly JournalEntry[];
  readonly now: Date;
}

function refuseCooldown(
  slotId: string,
  { journal, now }: JournalFacts,
  limits: UnattendedLimits,
): Refusal | undefined {
  const ended = journal.filter(
    (entry) =>
      entry.kind === "outcome" &&
      entry.slot_id === slotId &&
      entry.outcome !== "refused" &&
      entry.mode === "live",
  );
  const sinceSuccess = ended.slice(ended.findLastIndex((entry) => isSuccess(entry)) + 1);
  const failures = sinceSuccess.filter((entry) => entry.outcome === "failed" || entry.action === "isolate");
  const last = failures.at(-1);
  if (last === undefined) return undefined;
  const factor = Math.min(2 ** (failures.length - 1), longestCooldownFactor);
  const until = Date.parse(last.at) + factor * limits.cooldownSeconds * 1000;
  // A clock that was set back must not lengthen the wait for ever.
  if (now.getTime() >= until || Date.parse(last.at) > now.getTime()) return undefined;
  return {
    reason: "cooldown",
    detail: `waits until ${new Date(until).toISOString()} after a failed recovery`,
  };
}

function isSuccess(entry: JournalEntry): boolean {
  return entry.outcome === "done" && entry.action !== "isolate";
}

function refuseBudget(
  slotId: string,
  { journal, now }: JournalFacts,
  limits: UnattendedLimits,
): Refusal | undefined {
  const since = now.getTime() - hourMilliseconds;
  const recent = journal.filter(
    (entry) =>
      entry.kind === "outcome" &&
      entry.mode === "live" &&
      changingOutcomes.includes(entry.outcome ?? "") &&
      Date.parse(entry.at) > since,
  );
  const slots = new Set(recent.map((entry) => entry.slot_id));
  if (slots.has(slotId) || slots.size < limits.budgetPerHour) return undefined;
  return { reason: "budget", detail: `${slots.size} slots were acted on within an hour` };
}
