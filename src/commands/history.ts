import { createHistoryReport } from "../views/history-report.ts";
import { printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";
import { formatTable } from "./terminal/table.ts";

export const defineHistory: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("The steps of recoveries with their outcome and reason, oldest first; the last 1000.")
    .argument("[slot]", "only this slot, even if it no longer exists")
    .action((slotId: string | undefined, options: CommonOptions) => history(slotId, options, context));
  withExamples(command, [
    ["history workspace-demo-slot1", "what became of one slot"],
    ["history --json", "for a script"],
  ]);
};

async function history(
  slotId: string | undefined,
  options: CommonOptions,
  context: CommandContext,
): Promise<void> {
  const { stateDirectoriesOf } = await import("./program/open-directories.ts");
  const { Journal } = await import("../journal/journal.ts");
  const stateDirs = await stateDirectoriesOf(options, context);
  const journals = stateDirs.flatMap((stateDir) => new Journal(stateDir).read());
  const entries = createHistoryReport(journals, slotId);
  await printResult(entries, options, context, () => {
    if (entries.length === 0) return "nothing was done";
    const rows = entries.map((entry) => [
      entry.at,
      entry.slot_id ?? "",
      entry.action ?? "",
      `${entry.outcome ?? ""}${entry.dry_run ? " (dry run)" : ""}`,
      entry.reason ?? "",
      entry.detail,
    ]);
    return formatTable(context.terminal, ["AT", "SLOT", "ACTION", "OUTCOME", "REASON", "DETAIL"], rows);
  });
}
