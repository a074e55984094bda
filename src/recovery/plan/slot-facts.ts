import type { Fault } from "./fault-parts.ts";

/** One slot as a look found it, as far as a plan asks. */
export interface SlotFacts extends Fault {
  readonly slotId: string;
  readonly repoName: string;
  readonly detail: string;
  readonly isAllocated: boolean;
  readonly isLongAllocated: boolean;
  /** The look was as deep as fsck. */
  readonly isDeep: boolean;
  /** The look could not see everything that it should: nothing is proven sound. */
  readonly isUnchecked: boolean;
}
