import type { PrintedRecoveryReport } from "./recover-report.ts";

type PrintedAction = PrintedRecoveryReport["actions"][number];

/** What a plan of several steps means. */
export const planMeaning = "tried in this order until the check passes";

/** A plan as people read it: slot by slot, the steps in their order. */
export function describePlan(actions: readonly PrintedAction[]): string[] {
  const bySlot = new Map<string, PrintedAction[]>();
  for (const action of actions) bySlot.set(action.slot_id, [...(bySlot.get(action.slot_id) ?? []), action]);
  return [...bySlot].flatMap(([slotId, steps]) => {
    const planned = steps.filter(({ outcome }) => outcome === "planned");
    const others = steps.filter((step) => !planned.includes(step));
    const repairs = planned.some(({ purpose }) => purpose === "repair");
    return [
      ...others.map((step) => `  ${slotId}: ${describeStep(step, step.outcome)}`),
      ...(planned.length === 0 ? [] : [`  ${slotId}: ${repairs ? planMeaning : "planned"}`]),
      ...planned.map((step, index) => `    ${index + 1}. ${describeStep(step)}`),
    ];
  });
}

function describeStep({ action, reason, detail }: PrintedAction, outcome?: string): string {
  const what = outcome === undefined ? action : `${action} ${outcome}`;
  return `${what} (${reason})${detail === "" ? "" : `: ${detail}`}`;
}
