import type { CloneBudget } from "../guards/clone-budget.ts";

/** How the caller of a run controls it. */
export interface RunControls {
  /** Ends the run after the running step. */
  readonly signal?: AbortSignal;
  /** Asked before each action of a run that no person started. Absent: there is no leadership. */
  readonly isLeader?: () => boolean;
  /** Bounds the clones of a run that no person started. Absent: only this host's own guards do. */
  readonly cloneBudget?: CloneBudget;
}
