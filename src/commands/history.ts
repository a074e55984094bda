import { listHistory } from "./run-history.ts";
import { configOf, printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";

export async function history(
  slotId: string | undefined,
  options: CommonOptions,
  context: CommandContext,
): Promise<void> {
  const entries = listHistory(await configOf(options, context), slotId);
  if (entries.length === 0 && options.json !== true) {
    context.print("nothing was done");
    return;
  }
  const { formatTable } = await import("./terminal/table.ts");
  printResult(entries, options, context, () =>
    formatTable(
      context.terminal,
      ["AT", "SLOT", "ACTION", "OUTCOME", "REASON", "DETAIL"],
      entries.map((entry) => [
        entry.at,
        entry.slot_id ?? "",
        entry.action ?? "",
        `${entry.outcome ?? ""}${entry.dry_run ? " (dry run)" : ""}`,
        entry.reason ?? "",
        entry.detail,
      ]),
    ),
  );
}
