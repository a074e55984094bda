import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import type { StepRule } from "../plan/step-rule.ts";

/** A repair step: what a plan knows of it, and what it does. */
export interface RecoveryStep extends StepRule {
  execute(context: RecoveryContext): Promise<ActionResult> | ActionResult;
}
