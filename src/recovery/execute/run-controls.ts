import type { Trigger } from "../../journal/trigger.ts";

/** What a run is told by whoever starts it. */
export interface RunControls {
  /** Ends the run after the running step. */
  readonly signal?: AbortSignal;
  /** Asked before each action of a run that no person started. Absent: there is no leader to be. */
  readonly isLeader?: () => boolean;
}

/** Why no step on the slot may begin now: a pause, of people's runs too, or a maintenance window. */
export type FindPause = (slot: { slotId: string; repoName: string }, trigger: Trigger) => string | undefined;
