import type { Fault } from "./fault-parts.ts";
import type { StepRule } from "./step-rule.ts";

/** The steps that can help against a fault, in the order in which they are tried. Pure. */
export function selectSteps<Rule extends StepRule>(fault: Fault, rules: readonly Rule[]): Rule[] {
  return rules.filter((rule) => rule.helps(fault));
}
