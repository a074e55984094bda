import { commandOperator } from "../journal/command-operator.ts";
import { createHoldReport } from "../views/slot-report.ts";
import { printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";
import { printable } from "./terminal/printable.ts";
import { endOf } from "./program/duration-option.ts";
import type { SidecarConfig } from "../config/sidecar-config.ts";
import { UsageError } from "../platform/coded-error.ts";

interface HoldOptions extends CommonOptions {
  readonly for: string;
  readonly owner?: string;
}

export const defineHold: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description(
      "Claim, for some time, a work tree that no pool manager has, so that nothing changes it; `release PATH` ends the hold.",
    )
    .argument("<path>", "the work tree, or a path in it")
    .requiredOption("--for <duration>", "required; how long: 90s, 10m, 2h, 7d")
    .option("--owner <text>", "who uses it (default: the user who runs this)")
    .action((path: string, options: HoldOptions) => hold(path, options, context));
  withExamples(command, [["hold . --for 2h --owner 'agent 7'", "before an agent begins"]]);
};

/** @throws UsageError `OPTION_INVALID`, `SLOT_UNKNOWN`; the system's error if the state directory cannot be written */
async function hold(path: string, options: HoldOptions, context: CommandContext): Promise<void> {
  const since = new Date();
  const until = endOf(options.for, since);
  const { configOfTrees, requireWorkTree } = await import("./program/open-directories.ts");
  const { writeHold } = await import("../pool/sources/holds.ts");
  const config = await configOfTrees(options, context);
  const { stateDir } = config;
  const held = { path: await requireWorkTree(path), owner: options.owner ?? commandOperator(), since, until };
  await refuseManaged(held.path, config);
  writeHold(stateDir, held);
  await printResult(createHoldReport(held), options, context, () =>
    printable(`${held.path} is held by ${held.owner} until ${until.toISOString()}`),
  );
}

/** @throws UsageError `SLOT_UNKNOWN` for a slot of the pool manager: it would be allocated and cleaned all the same */
async function refuseManaged(path: string, config: SidecarConfig): Promise<void> {
  const { PoolManager } = await import("../pool-manager.ts");
  const managed = new PoolManager({ config: { ...config, sources: [] } });
  const slot = managed.findWatchedSlot(path);
  if (slot === undefined) return;
  throw new UsageError(
    "SLOT_UNKNOWN",
    `${path} is in ${slot.slotId}, which the pool manager allocates: \`allocate\` claims a slot, and \`heartbeat\` says that its agent is alive`,
  );
}
