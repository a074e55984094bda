import type { CloneBudget } from "../guards/clone-budget.ts";

/** What a run is told by its caller. */
export interface RunControls {
  /** Ends the run after the running step. */
  readonly signal?: AbortSignal;
  /** Asked before each action of a run that no person started. Absent: there is no leader to be. */
  readonly isLeader?: () => boolean;
  /** Bounds the clones of a run that no person started. Absent: only this host's own guards do. */
  readonly cloneBudget?: CloneBudget;
}
