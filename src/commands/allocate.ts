import { createAllocationOutcome, type LendingOutcome } from "../views/lending-outcome.ts";
import {
  openPools,
  printResult,
  type CommandContext,
  type CommonOptions,
} from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";
import { printable } from "./terminal/printable.ts";

export const defineAllocate: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("Allocate the most recently used available slot, cleaned and up to date.")
    .argument("<name>", "the pool's name")
    .action((name: string, options: CommonOptions) => allocate(name, options, context));
  withExamples(command, [["allocate demo --json", "the slot.json of a slot to work in"]]);
};

async function allocate(repoName: string, options: CommonOptions, context: CommandContext): Promise<void> {
  const { manager } = await openPools(options, context);
  const outcome = createAllocationOutcome(repoName, await manager.allocateSlotDetailed(repoName));
  await printLendingOutcome(outcome, options, context);
}

/**
 * For `release` too. Standard output has the slot alone, so that a script can use it; everything else is on standard
 * error.
 */
export async function printLendingOutcome(
  outcome: LendingOutcome,
  options: CommonOptions,
  context: CommandContext,
): Promise<void> {
  for (const warning of outcome.warnings) context.warn(printable(warning));
  if (outcome.refusal !== undefined) {
    context.warn(printable(`${outcome.refusal.reason.toUpperCase()}: ${outcome.refusal.detail}`));
    context.setExitCode(1);
  }
  if (outcome.record === undefined) return;
  const id = String(outcome.record["slot_id"]);
  await printResult(outcome.record, options, context, () => printable(`${id} ${outcome.path ?? ""}`));
}
