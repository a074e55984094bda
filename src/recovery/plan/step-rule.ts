import type { RecoveryAction } from "../recovery-action.ts";
import type { Fault } from "./fault-parts.ts";

/** What a plan knows of a repair step; what the step does is in recovery/steps. */
export interface StepRule {
  readonly action: RecoveryAction;
  /** Pure: whether the step can help against the fault. */
  helps(fault: Fault): boolean;
  /** Work is saved before the step: it could lose what is staged, or what only broken refs still name. */
  readonly savesWork: boolean;
  /** What the step replaces goes to quarantine whole, which is a complete salvage: an incomplete one does not stop it. */
  readonly keepsAll?: boolean;
  /** The step replaces what the slot's owner may still work with: an allocated slot needs a permission for it. */
  readonly replacesRepository: boolean;
  /** The step clones: it needs disk space, and in a worktree pool it may replace what other slots work with. */
  readonly clones?: boolean;
  /** The step leaves the content of the repository alone: the check that reported the slot is then proof enough. */
  readonly leavesContent?: boolean;
  /** For this fault the step may make the slot available: a deep check comes before. */
  needsDeepLook?(fault: Fault): boolean;
  /** The step may help again after any other step. */
  readonly isRepeated?: boolean;
  /** Steps that may help again after this one. */
  readonly reopens?: readonly RecoveryAction[];
}
