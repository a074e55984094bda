import { z } from "zod";
import type { Anomalies } from "../../anomalies/anomaly.ts";
import { isReclaimable } from "../../anomalies/is-reclaimable.ts";
import type { SlotSnapshot, Snapshot } from "../../anomalies/snapshot.ts";

export const slotStatuses = [
  "corrupted",
  "long allocated",
  "isolated",
  "allocated",
  "cleaning",
  "available",
] as const;
export type SlotStatus = (typeof slotStatuses)[number];

export const slotOrders = ["name", "age", "size", "reclaimable"] as const;

/** The query of the slot list, from the address. Invalid parts are ignored. */
export const slotQuery = z.object({
  q: z.string().trim().max(200).catch(""),
  pool: z.string().catch(""),
  status: z.enum(["", ...slotStatuses]).catch(""),
  sort: z.enum(slotOrders).catch("name"),
  page: z.coerce.number().int().min(1).catch(1),
});
export type SlotQuery = z.output<typeof slotQuery>;

export interface SlotSelection {
  readonly matchCount: number;
  readonly totalCount: number;
  readonly page: number;
  readonly pageCount: number;
  readonly shown: readonly ListedSlot[];
}

export interface ListedSlot {
  readonly slot: SlotSnapshot;
  readonly status: SlotStatus;
}

interface RankedSlot extends ListedSlot {
  /** What a reclaim of the slot would free; 0 if it is in use. */
  readonly reclaimableBytes: number;
}

const slotsPerPage = 60;

/** One page of the slots that match. A page past the end is the last one. */
export function selectSlots(snapshot: Snapshot | undefined, query: SlotQuery): SlotSelection {
  const statusOf = statusesIn(snapshot?.anomalies);
  const now = snapshot?.checkedAt ?? new Date(0);
  const all = (snapshot?.pools ?? []).flatMap((pool) => pool.slots.map((slot) => ({ pool, slot })));
  const matching = all
    .map(({ pool, slot }) => ({
      ...{ slot, status: statusOf(slot) },
      reclaimableBytes: isReclaimable(slot, pool, now) ? (slot.diskBytes ?? 0) : 0,
    }))
    .filter((listed) => matches(listed, query))
    .sort(comparisons[query.sort]);
  const pageCount = Math.max(1, Math.ceil(matching.length / slotsPerPage));
  const page = Math.min(query.page, pageCount);
  const shown = matching.slice((page - 1) * slotsPerPage, page * slotsPerPage);
  return { matchCount: matching.length, totalCount: all.length, page, pageCount, shown };
}

/** How each slot stands, in one word. */
export function statusesIn(anomalies: Anomalies | undefined): (slot: SlotSnapshot) => SlotStatus {
  const longAllocated = new Set(anomalies?.longAllocatedSlots.map(({ slotId }) => slotId));
  return (slot) => {
    if (slot.isolatedAt !== undefined) return "isolated";
    if (slot.reasons.length > 0 || slot.state === undefined || slot.state === "error") return "corrupted";
    return longAllocated.has(slot.slotId) ? "long allocated" : slot.state;
  };
}

function matches({ slot, status }: ListedSlot, { q, pool, status: wanted }: SlotQuery): boolean {
  if (pool !== "" && slot.repoName !== pool) return false;
  if (wanted !== "" && status !== wanted) return false;
  const texts = [slot.slotId, slot.path, slot.branch, slot.commit, slot.isolationReason, ...slot.reasons];
  return q === "" || texts.some((text) => text?.toLowerCase().includes(q.toLowerCase()));
}

/** The oldest allocation, the biggest slot, or what frees most comes first; slots without a value come last, by name. */
const comparisons: Readonly<Record<SlotQuery["sort"], (one: RankedSlot, other: RankedSlot) => number>> = {
  name: () => 0,
  age: ({ slot: one }, { slot: other }) => startOf(one) - startOf(other),
  size: ({ slot: one }, { slot: other }) => (other.diskBytes ?? -1) - (one.diskBytes ?? -1),
  reclaimable: (one, other) => other.reclaimableBytes - one.reclaimableBytes,
};

function startOf({ allocatedAt }: SlotSnapshot): number {
  return allocatedAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
}
