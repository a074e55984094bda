import { groupByStore } from "../../inspection/deep/deep-inspection.ts";
import type { SlotInspection } from "../../inspection/slot-inspection.ts";
import { secondsBetween } from "../../platform/clock.ts";
import type { DeepKnowledge } from "../watch/watch-state.ts";

export interface DueLookInput {
  readonly inspected: readonly SlotInspection[];
  readonly now: Date;
  readonly periodSeconds: number;
  readonly deep: (slotId: string) => DeepKnowledge | undefined;
}

/**
 * Slots of sources whose unsaved work was last looked for longer ago than the period, the oldest first: no record says when
 * one of them is released. A slot without a deep check waits for its first one.
 */
export function selectDueLooks({ inspected, now, periodSeconds, deep }: DueLookInput): SlotInspection[] {
  return groupByStore(inspected)
    .flatMap(({ members }) => members)
    .flatMap((member) => {
      const seenAt = deep(member.slot.slotId)?.unsavedWorkSeenAt;
      const isOfSource = member.slot.reading.kind === "unrecorded";
      if (!isOfSource || seenAt === undefined) return [];
      // Either sign: a clock that was set back must not put off a look.
      return Math.abs(secondsBetween(seenAt, now)) < periodSeconds ? [] : [{ member, seenAt }];
    })
    .sort((one, other) => one.seenAt.getTime() - other.seenAt.getTime())
    .map(({ member }) => member);
}
