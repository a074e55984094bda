import { runAllocate, runRelease, type LendingOutcome } from "../serve/run-lending.ts";
import { configOf, printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { printable } from "./terminal/printable.ts";

export async function allocate(
  repoName: string,
  options: CommonOptions,
  context: CommandContext,
): Promise<void> {
  const outcome = await runAllocate(await configOf(options, context), repoName);
  printOutcome(outcome, options, context);
}

export async function release(
  slotId: string,
  options: CommonOptions,
  context: CommandContext,
): Promise<void> {
  const outcome = await runRelease(await configOf(options, context), slotId);
  printOutcome(outcome, options, context);
}

/** Standard output has the slot alone, so that a script can use it; everything else is on standard error. */
function printOutcome(outcome: LendingOutcome, options: CommonOptions, context: CommandContext): void {
  for (const warning of outcome.warnings) context.warn(printable(warning));
  if (outcome.refusal !== undefined) {
    context.warn(printable(`${outcome.refusal.reason.toUpperCase()}: ${outcome.refusal.detail}`));
    context.setExitCode(1);
  }
  if (outcome.record === undefined) return;
  const id = String(outcome.record["slot_id"]);
  printResult(outcome.record, options, context, () => printable(`${id} ${outcome.path ?? ""}`));
}
