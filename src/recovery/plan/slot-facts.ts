import type { LongAllocationReason } from "../../anomalies/anomaly.ts";
import type { Fault } from "./fault-parts.ts";

/** One slot as a look found it, as far as a plan asks. */
export interface SlotFacts extends Fault {
  readonly slotId: string;
  readonly repoName: string;
  readonly detail: string;
  readonly isAllocated: boolean;
  /** Why its allocation is too old; undefined if it is not. */
  readonly longAllocation: LongAllocationReason | undefined;
  /** The look was as deep as fsck. */
  readonly isDeep: boolean;
  /** The look could not see everything that it should: nothing is proven sound. */
  readonly isUnchecked: boolean;
}
