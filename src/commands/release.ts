import { createReleaseOutcome } from "../views/lending-outcome.ts";
import { createReleasedHoldReport } from "../views/slot-report.ts";
import { printLendingOutcome } from "./allocate.ts";
import {
  openPools,
  printResult,
  type CommandContext,
  type CommonOptions,
} from "./program/command-context.ts";
import { printable } from "./terminal/printable.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";

export const defineRelease: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description(
      "Take a slot back: save what is unsaved, clean it, keep its branch. With a path: end the hold on a work tree, and change nothing in it.",
    )
    .argument("<slot>", "the slot's slot_id, or a path in a work tree that `hold` named")
    .action((slotId: string, options: CommonOptions) => release(slotId, options, context));
  withExamples(command, [
    ["release workspace-demo-slot1", "when the work is done"],
    ["release .", "end the hold on the work tree that this directory is in"],
  ]);
};

async function release(slotId: string, options: CommonOptions, context: CommandContext): Promise<void> {
  const { isPath } = await import("./program/open-directories.ts");
  if (await isPath(slotId)) return releaseHold(slotId, options, context);
  const { manager } = await openPools(options, context);
  const outcome = createReleaseOutcome(await manager.releaseSlotDetailed(slotId));
  await printLendingOutcome(outcome, options, context);
}

async function releaseHold(path: string, options: CommonOptions, context: CommandContext): Promise<void> {
  const { configOfTrees, requireWorkTree } = await import("./program/open-directories.ts");
  const { removeHold } = await import("../pool/sources/holds.ts");
  const { stateDir, homeStateDir } = await configOfTrees(options, context);
  const workTree = await requireWorkTree(path);
  const isEnded = [stateDir, homeStateDir].map((directory) => removeHold(directory, workTree)).includes(true);
  await printResult(createReleasedHoldReport(workTree, isEnded), options, context, () =>
    printable(isEnded ? `${workTree} is no longer held` : `nobody held ${workTree}`),
  );
}
