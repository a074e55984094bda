import { createHeartbeatReport } from "../views/slot-report.ts";
import {
  openPools,
  printResult,
  type CommandContext,
  type CommonOptions,
} from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";
import { printable } from "./terminal/printable.ts";

export const defineHeartbeat: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description(
      "Report that the agent in a slot is alive. Without it, an agent that is quiet looks like one that crashed. A work tree must be in a source of the configuration; `hold` needs no configuration.",
    )
    .argument("<slot>", "the slot's slot_id, or a path in it")
    .action((slotId: string, options: CommonOptions) => heartbeat(slotId, options, context));
  withExamples(command, [["heartbeat workspace-demo-slot1", "from the agent, every few minutes"]]);
};

async function heartbeat(
  slotIdOrPath: string,
  options: CommonOptions,
  context: CommandContext,
): Promise<void> {
  const { config, manager } = await openPools(options, context);
  const { writeHeartbeat } = await import("../inspection/heartbeats.ts");
  const { slotId } = manager.requireWatchedSlot(slotIdOrPath);
  const now = new Date();
  writeHeartbeat(config.stateDir, slotId, now);
  const report = createHeartbeatReport(slotId, now);
  await printResult(report, options, context, () =>
    printable(`${slotId} is alive at ${report.heartbeat_at}`),
  );
}
