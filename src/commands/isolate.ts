import { createRecoverReport, isolateExitCode } from "../views/recover-report.ts";
import { openPools, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import {
  parseText,
  withCommonOptions,
  withExamples,
  type DefineCommand,
} from "./program/command-definition.ts";
import { printRecoverReport } from "./recover.ts";

interface IsolateOptions extends CommonOptions {
  readonly reason: string;
}

export const defineIsolate: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("Take a slot out of rotation until a person recovers it.")
    .argument("<slot>", "the slot's slot_id")
    .requiredOption("--reason <text>", "required; why", parseText)
    .action((slotId: string, options: IsolateOptions) => isolate(slotId, options, context));
  withExamples(command, [
    ["isolate workspace-demo-slot1 --reason 'the disk reports errors'", "keep a slot from agents"],
  ]);
};

async function isolate(slotId: string, options: IsolateOptions, context: CommandContext): Promise<void> {
  const { manager } = await openPools(options, context);
  const report = await manager.isolateSlot(slotId, options.reason);
  await printRecoverReport(createRecoverReport(report), options, context);
  context.setExitCode(isolateExitCode(report));
}
