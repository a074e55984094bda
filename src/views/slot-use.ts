import type { SlotSnapshot } from "../anomalies/snapshot.ts";

export type SlotUse = "in use" | "use unknown" | "not in use";

/** Nobody allocates a slot of a source: what is known of it is whether somebody is seen to use it. */
export function useOf({ owner }: Pick<SlotSnapshot, "owner">): SlotUse {
  if (owner === undefined || owner.evidence === "unseen") return "use unknown";
  return owner.evidence === "none" ? "not in use" : "in use";
}

/** How many slots there are of each use, without those of which there is none. */
export function countUses(slots: readonly Pick<SlotSnapshot, "owner">[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const use of slots.map(useOf)) counts[use] = (counts[use] ?? 0) + 1;
  return counts;
}
