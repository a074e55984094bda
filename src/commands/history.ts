import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createHistoryReport } from "../views/history-report.ts";
import {
  openPools,
  printResult,
  type CommandContext,
  type CommonOptions,
} from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";
import { formatTable } from "./terminal/table.ts";

export const defineHistory: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("The steps of recoveries with their outcome and reason, oldest first; the last 1000.")
    .argument("[slot]", "only this slot, by its slot_id or a path in it, even if it no longer exists")
    .action((named: string | undefined, options: CommonOptions) => history(named, options, context));
  withExamples(command, [
    ["history workspace-demo-slot1", "what became of one slot"],
    ["history .", "what became of the work tree that this directory is in"],
    ["history --json", "for a script"],
  ]);
};

async function history(
  named: string | undefined,
  options: CommonOptions,
  context: CommandContext,
): Promise<void> {
  const { stateDirectoriesOf } = await import("./program/open-directories.ts");
  const { Journal } = await import("../journal/journal.ts");
  const stateDirs = await stateDirectoriesOf(options, context);
  const journals = stateDirs.flatMap((stateDir) => new Journal(stateDir).read());
  const isOf = named === undefined ? undefined : await slotsOf(named, options, context);
  const entries = createHistoryReport(journals, isOf);
  await printResult(entries, options, context, () => {
    if (entries.length === 0)
      return named === undefined ? "nothing was done" : `nothing was done to ${named}`;
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

/** A work tree has another slot_id in each source, and by a person's command: all of them end alike. */
async function slotsOf(
  named: string,
  options: CommonOptions,
  context: CommandContext,
): Promise<(slotId: string) => boolean> {
  const { isPath } = await import("./program/open-directories.ts");
  if (!(await isPath(named))) return (slotId) => slotId === named;
  const { findWorkTree } = await import("../pool/sources/find-repository.ts");
  const { formatSourceSlotId } = await import("../pool/sources/source-names.ts");
  const { resolveLinks } = await import("../platform/contained-path.ts");
  // Of a path that is gone, a work tree around it is another one.
  const found = existsSync(named) ? findWorkTree(named) : resolveLinks(resolve(named));
  const path = found ?? resolve(named);
  const { manager } = await openPools(options, context);
  const ofManager = manager.findWatchedSlot(named);
  return (slotId) => slotId === ofManager?.slotId || slotId.endsWith(formatSourceSlotId("", path));
}
