import { withCommonOptions, withExamples, type DefineCommand } from "../program/command-definition.ts";
import type { CommonOptions } from "../program/command-context.ts";

export const defineHistory: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("What was done, how it ended and why, oldest first: every step of every recovery.")
    .argument("[slot]", "only this slot, be it there still or not")
    .action(async (slotId: string | undefined, options: CommonOptions) => {
      const { history } = await import("../history.ts");
      await history(slotId, options, context);
    });
  withExamples(command, [
    ["history workspace-demo-slot1", "what became of one slot"],
    ["history --json", "the last thousand steps, for a program"],
  ]);
};
