import type { CommonOptions } from "../program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "../program/command-definition.ts";

export const defineWhy: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description(
      "The evidence about a slot: what was read, expected and found, since when, and what was done.",
    )
    .argument("<slot>", "the slot's slot_id")
    .action(async (slotId: string, options: CommonOptions) => {
      const { why } = await import("../why.ts");
      await why(slotId, options, context);
    });
  withExamples(command, [
    ["why workspace-demo-slot1", "what is wrong with it, and how that is known"],
    ["why workspace-demo-slot1 --json", "the same for a script"],
  ]);
};

export const defineHeartbeat: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description(
      "Say that the agent in a slot is at work. Without it a quiet agent cannot be told from a dead one.",
    )
    .argument("<slot>", "the slot's slot_id")
    .action(async (slotId: string, options: CommonOptions) => {
      const { heartbeat } = await import("../heartbeat.ts");
      await heartbeat(slotId, options, context);
    });
  withExamples(command, [["heartbeat workspace-demo-slot1", "from the agent, every few minutes"]]);
};
