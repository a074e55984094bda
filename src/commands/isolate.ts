import { runIsolate } from "./run-recover.ts";
import { configOf, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { printReport } from "./recover.ts";

export interface IsolateOptions extends CommonOptions {
  readonly reason: string;
}

export async function isolate(
  slotId: string,
  options: IsolateOptions,
  context: CommandContext,
): Promise<void> {
  const { report, exitCode } = await runIsolate(await configOf(options, context), slotId, options.reason);
  printReport(report, options, context);
  context.setExitCode(exitCode);
}
