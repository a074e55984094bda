import { runHeartbeat } from "../serve/run-heartbeat.ts";
import { configOf, printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { printable } from "./terminal/printable.ts";

export async function heartbeat(
  slotId: string,
  options: CommonOptions,
  context: CommandContext,
): Promise<void> {
  const result = runHeartbeat(await configOf(options, context), slotId);
  printResult(result, options, context, () => printable(`${slotId} is alive at ${result.heartbeat_at}`));
}
