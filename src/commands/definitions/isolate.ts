import { withCommonOptions, withExamples, type DefineCommand } from "../program/command-definition.ts";
import type { IsolateOptions } from "../isolate.ts";

export const defineIsolate: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("Take a slot out of rotation until a person recovers it.")
    .argument("<slot>", "the slot's slot_id")
    .requiredOption("--reason <text>", "why")
    .action(async (slotId: string, options: IsolateOptions) => {
      const { isolate } = await import("../isolate.ts");
      await isolate(slotId, options, context);
    });
  withExamples(command, [
    ["isolate workspace-demo-slot1 --reason 'the disk reports errors'", "keep a slot from agents"],
  ]);
};
