import { commandOperator } from "../journal/command-operator.ts";
import { UsageError } from "../platform/coded-error.ts";
import { configOf, printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";
import { printable } from "./terminal/printable.ts";

export const defineResume: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("End a pause.")
    .argument("<name>", "the pause's name")
    .action((name: string, options: CommonOptions) => resume(name, options, context));
  withExamples(command, [["resume disk-move", "let recoveries run again"]]);
};

/** @throws UsageError `PAUSE_UNKNOWN`; CodedError `PAUSES_FILE_INVALID`, `STATE_FILE_BUSY` */
async function resume(name: string, options: CommonOptions, context: CommandContext): Promise<void> {
  const { stateDir } = await configOf(options, context);
  const { Pauses } = await import("../recovery/guards/pauses.ts");
  const { recordOperatorEvent } = await import("../journal/operator-event.ts");
  const { kind } = await new Pauses(stateDir).resume(name, new Date());
  if (kind === "not_found") throw new UsageError("PAUSE_UNKNOWN", `no pause is named ${name}`);
  const operator = commandOperator();
  recordOperatorEvent(stateDir, { action: "resume", operator, detail: name, trigger: "command" });
  await printResult({ resumed: name }, options, context, () => printable(`${name} has ended`));
}
