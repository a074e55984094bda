import type { SlotSnapshot } from "../anomalies/snapshot.ts";

export type SlotUse = "in use" | "use unknown" | "not in use";

/** A slot of a source is never allocated: it is only known whether somebody uses it. */
export function useOf({ owner }: Pick<SlotSnapshot, "owner">): SlotUse {
  if (owner === undefined || owner.evidence === "unseen") return "use unknown";
  return owner.evidence === "none" ? "not in use" : "in use";
}

/** What a person reads in the place of a state. */
export function stateOrUse(slot: Pick<SlotSnapshot, "owner" | "state">): string {
  return slot.owner === undefined ? (slot.state ?? "unreadable") : useOf(slot);
}

/** The number of slots by use, without zeros. */
export function countUses(slots: readonly Pick<SlotSnapshot, "owner">[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const use of slots.map(useOf)) counts[use] = (counts[use] ?? 0) + 1;
  return counts;
}
