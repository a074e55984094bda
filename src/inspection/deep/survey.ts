import { availableParallelism } from "node:os";
import { systemClock } from "../../platform/clock.ts";
import { measureDiskUsage } from "../disk-usage.ts";
import type { SlotInspection } from "../slot-inspection.ts";
import { findUnsavedWork, groupByStore } from "./deep-inspection.ts";

export interface SurveyOptions {
  /** How long all of it may take. */
  readonly seconds: number;
  readonly remadeNames?: readonly string[] | undefined;
  readonly onProgress?: ((doneCount: number, totalCount: number) => void) | undefined;
}

/** What a survey found of a slot; what it did not reach is left out. */
export type Surveyed = Partial<Pick<SlotInspection, "unsavedWork" | "unsavedWorkSeenAt" | "diskBytes">>;

const mostAtOnce = 4;

/**
 * Looks for unsaved work in as many slots as the time allows, then at their sizes: first those without activity for
 * longest. Checks no objects, and so costs far less than a deep check. By slot_id.
 */
export async function surveySlots(
  inspections: readonly SlotInspection[],
  { seconds, remadeNames, onProgress }: SurveyOptions,
): Promise<ReadonlyMap<string, Surveyed>> {
  const oldestFirst = inspections.toSorted(
    (one, other) => (one.lastActivityAt?.getTime() ?? 0) - (other.lastActivityAt?.getTime() ?? 0),
  );
  const readable = new Set(groupByStore(oldestFirst).flatMap(({ members }) => members));
  const surveyed = new Map<string, Surveyed>();
  const signal = AbortSignal.timeout(Math.ceil(seconds * 1000));
  const note = (slotId: string, seen: Surveyed): void => {
    if (!signal.aborted) surveyed.set(slotId, { ...surveyed.get(slotId), ...seen });
  };
  const looks = [
    ...oldestFirst
      .filter((each) => readable.has(each))
      .map((each) => async () => {
        const unsavedWorkSeenAt = systemClock.now();
        const unsavedWork = await findUnsavedWork(each, { timeoutSeconds: seconds, signal, remadeNames });
        note(each.slot.slotId, { unsavedWork, unsavedWorkSeenAt });
      }),
    ...oldestFirst.map(({ slot }) => async () => {
      note(slot.slotId, { diskBytes: (await measureDiskUsage(slot, signal))?.bytes });
    }),
  ];
  const pending = looks.entries();
  const work = async (): Promise<void> => {
    for (const [index, look] of pending) {
      if (signal.aborted) return;
      onProgress?.(index, looks.length);
      await look();
    }
  };
  await Promise.all(Array.from({ length: Math.min(mostAtOnce, availableParallelism()) }, work));
  return surveyed;
}
