import type { LayoutKind, Pool } from "../pool/pool.ts";
import type { SlotStateName } from "../pool/records/slot-record.ts";

/** One pool in numbers. */
export interface PoolSummary {
  readonly repoName: string;
  readonly layout: LayoutKind;
  /** What pool.json promises; undefined if it cannot be read. */
  readonly numSlots: number | undefined;
  readonly totalSlots: number;
  readonly states: Readonly<Record<SlotStateName, number>>;
  /** Slots whose slot.json is missing or cannot be read. */
  readonly unreadable: number;
  readonly totalAllocations: number;
  readonly totalUsageSeconds: number;
}

export function summarizePool(pool: Pool): PoolSummary {
  const states = { available: 0, allocated: 0, cleaning: 0, error: 0 };
  const records = pool.slots.flatMap(({ reading }) => (reading.kind === "valid" ? [reading.record] : []));
  for (const record of records) states[record.state]++;
  return {
    repoName: pool.repoName,
    layout: pool.layout,
    numSlots: pool.record?.numSlots,
    totalSlots: pool.slots.length,
    states,
    unreadable: pool.slots.length - records.length,
    totalAllocations: records.reduce((sum, record) => sum + record.allocationCount, 0),
    totalUsageSeconds: records.reduce((sum, record) => sum + record.totalUsageSeconds, 0),
  };
}
