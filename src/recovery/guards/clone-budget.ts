import type { Refusal } from "../refusal.ts";

/** A clone that a run is about to make. */
export interface PlannedClone {
  readonly slotId: string;
  readonly recoveryId: string;
}

/** Bounds clones beyond what one host knows. Asked right before each clone of a run that no person started. */
export interface CloneBudget {
  /** Undefined: the clone may begin, and counts from now on. Never throws. */
  claim(clone: PlannedClone): Promise<Refusal | undefined>;
}
