import { createHash } from "node:crypto";
import type { DeepDepth } from "../../inspection/deep/deep-check.ts";
import type { StoreGroup } from "../../inspection/deep/deep-inspection.ts";
import type { DeepKnowledge } from "../watch/watch-state.ts";
import { secondsBetween } from "../../platform/clock.ts";

/** A deep check of one object store that is to be made now. */
export interface DueCheck {
  readonly group: StoreGroup;
  readonly depth: DeepDepth;
}

export interface DueCheckInput {
  readonly groups: readonly StoreGroup[];
  readonly now: Date;
  readonly connectivityPeriodSeconds: number;
  readonly fullPeriodSeconds: number;
  deep(slotId: string): DeepKnowledge | undefined;
  /** True if a slot's faults were found in files that have changed since. */
  isChanged(slotId: string): boolean;
}

/** What was found must be looked at again this soon although no file has visibly changed. */
const faultPeriodSeconds = 3600;
/** A check comes due within this share of its period, so that it is done before the period ends. */
const earliestShare = 0.75;
/** A time that lies further ahead was written by a clock that has been set back since. */
const clockToleranceSeconds = 60;
const jitterShare = 0.2;
/** Slots whose faults may have ended, then slots that no deep check has seen, then what is overdue. */
const changedUrgency = 4;
const unseenUrgency = 3;
const mostOverdueUrgency = 2;

/** Most urgent first; a store that needs both checks gets the one that covers the other. Pure. */
export function selectDueChecks(input: DueCheckInput): DueCheck[] {
  return input.groups
    .flatMap((group) => {
      const due = judgeGroup(group, input);
      return due === undefined ? [] : [{ ...due, group, order: fractionOf(group.commonDirectory) }];
    })
    .sort((a, b) => b.urgency - a.urgency || a.order - b.order)
    .map(({ group, depth }) => ({ group, depth }));
}

function judgeGroup(
  group: StoreGroup,
  input: DueCheckInput,
): { depth: DeepDepth; urgency: number } | undefined {
  const ids = group.members.map(({ slot }) => slot.slotId);
  const known = ids.map((slotId) => input.deep(slotId));
  const jitter = fractionOf(group.commonDirectory);
  const faulty = ids.filter((_slotId, index) => (known[index]?.findings.length ?? 0) > 0);
  if (faulty.length > 0) {
    // Only the deeper check can tell that what it found has ended.
    if (faulty.some((slotId) => input.isChanged(slotId))) return { depth: "full", urgency: changedUrgency };
    const urgency = overdue(known, "full", { ...input, periodSeconds: faultPeriodSeconds, jitter });
    return urgency < 1 ? undefined : { depth: "full", urgency };
  }
  const { connectivityPeriodSeconds, fullPeriodSeconds } = input;
  const full = overdue(known, "full", { ...input, periodSeconds: fullPeriodSeconds, jitter });
  const connectivity = overdue(known, "connectivity", {
    ...input,
    periodSeconds: connectivityPeriodSeconds,
    jitter,
  });
  if (connectivity === Infinity) return { depth: "connectivity", urgency: unseenUrgency };
  if (full >= 1) return { depth: "full", urgency: Math.min(full, mostOverdueUrgency) };
  if (connectivity < 1) return undefined;
  return { depth: "connectivity", urgency: Math.min(connectivity, mostOverdueUrgency) };
}

/** 1 when a check comes due, more the later it is; infinite if a slot never had it. */
function overdue(
  known: readonly (DeepKnowledge | undefined)[],
  depth: DeepDepth,
  { now, periodSeconds, jitter }: { now: Date; periodSeconds: number; jitter: number },
): number {
  const share = earliestShare + jitterShare * jitter;
  return Math.max(
    ...known.map((deep) => {
      const checkedAt = deep?.checkedAt[depth];
      if (checkedAt === undefined) return Infinity;
      const secondsSince = secondsBetween(checkedAt, now);
      // The clock was set back: when the check was made is not known any more.
      if (secondsSince < -clockToleranceSeconds) return 1;
      return secondsSince / (periodSeconds * share);
    }),
  );
}

/** The same for the same text, spread evenly from 0 to 1. */
function fractionOf(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0) / 2 ** 32;
}
