import type { LongAllocationReason } from "../../anomalies/anomaly.ts";
import type { Fault } from "./fault-parts.ts";

/** A slot, and the pool that it belongs to. */
export interface NamedSlot {
  readonly slotId: string;
  readonly repoName: string;
}

/** What an inspection found of one slot, as far as a plan needs it. */
export interface SlotFacts extends Fault, NamedSlot {
  readonly detail: string;
  readonly isAllocated: boolean;
  /** Why its allocation is too old; undefined if it is not. */
  readonly longAllocation: LongAllocationReason | undefined;
  /** The inspection was a deep check. */
  readonly isDeep: boolean;
  /** The inspection could not read everything: nothing is proven sound. */
  readonly isUnchecked: boolean;
}
