import { createReleaseOutcome } from "../views/lending-outcome.ts";
import { printLendingOutcome } from "./allocate.ts";
import { openPools, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";

export const defineRelease: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("Take a slot back: save what is unsaved, clean it, keep its branch.")
    .argument("<slot>", "the slot's slot_id")
    .action((slotId: string, options: CommonOptions) => release(slotId, options, context));
  withExamples(command, [["release workspace-demo-slot1", "when the work is done"]]);
};

async function release(slotId: string, options: CommonOptions, context: CommandContext): Promise<void> {
  const { manager } = await openPools(options, context);
  const outcome = createReleaseOutcome(await manager.releaseSlotDetailed(slotId));
  await printLendingOutcome(outcome, options, context);
}
