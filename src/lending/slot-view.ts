import type { Pool, Slot } from "../pool/pool.ts";
import type { SlotRecord, SlotStateName } from "../pool/records/slot-record.ts";

/** A slot as the library returns it: the guide's field names, and those of `Slot`. */
export interface SlotView extends Slot {
  /** Undefined if slot.json cannot be read. */
  readonly state: SlotStateName | undefined;
  /** Empty if slot.json cannot be read. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Undefined if slot.json cannot be read. */
  readonly record: SlotRecord | undefined;
}

/** A pool as the library returns it. */
export interface PoolView extends Pool {
  readonly slots: readonly SlotView[];
}

export function viewSlot(slot: Slot): SlotView {
  const record = slot.reading.kind === "valid" ? slot.reading.record : undefined;
  return { ...slot, record, state: record?.state, metadata: record?.metadata ?? {} };
}

export function viewPool(pool: Pool): PoolView {
  return { ...pool, slots: pool.slots.map(viewSlot) };
}
