import { createSlotReports } from "../views/slot-report.ts";
import { stateOrUse } from "../views/slot-use.ts";
import {
  openPools,
  printResult,
  reportErrors,
  type CommandContext,
  type CommonOptions,
} from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";
import { formatTable } from "./terminal/table.ts";

interface SlotsOptions extends CommonOptions {
  readonly pool?: string;
}

export const defineSlots: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("Every slot: its state, its lock, its branch, and what is wrong with it.")
    .option("--pool <name>", "only this pool")
    .action((options: SlotsOptions) => listSlots(options, context));
  withExamples(command, [["slots --pool demo", "the slots of one pool"]]);
};

async function listSlots(options: SlotsOptions, context: CommandContext): Promise<void> {
  const { pool } = options;
  const { manager } = await openPools(options, context);
  if (pool !== undefined) manager.requireWatchedPool(pool);
  const snapshot = await manager.snapshot({ pool });
  const slots = snapshot.pools.flatMap((ofPool) => ofPool.slots);
  await printResult(createSlotReports(snapshot), options, context, () => {
    if (slots.length === 0) return "no slots";
    const rows = slots.map((slot) => [
      slot.slotId,
      stateOrUse(slot),
      slot.lock.kind,
      slot.branch ?? "",
      slot.isolationReason ?? slot.reasons.join(", "),
    ]);
    return formatTable(context.terminal, ["SLOT", "STATE", "LOCK", "BRANCH", "WHY"], rows);
  });
  reportErrors(snapshot, context);
}
