import { runLocksClean, runLocksList, runLocksUnlock } from "../serve/run-lending.ts";
import { configOf, printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { printable, printableLines } from "./terminal/printable.ts";
import { formatTable } from "./terminal/table.ts";

export async function listLocks(options: CommonOptions, context: CommandContext): Promise<void> {
  const locks = await runLocksList(await configOf(options, context));
  printResult(locks, options, context, () => {
    if (locks.length === 0) return "no locks";
    const rows = locks.map(({ slot_id, held, holders, orphaned }) => [
      slot_id,
      held ? "held" : "free",
      holders.map(({ pid, command }) => `${pid} ${command}`).join(", "),
      orphaned ?? "",
    ]);
    return formatTable(context.terminal, ["SLOT", "LOCK", "HOLDER", "ORPHANED"], rows);
  });
}

export async function cleanLocks(options: CommonOptions, context: CommandContext): Promise<void> {
  const cleaned = await runLocksClean(await configOf(options, context));
  printResult(cleaned, options, context, () =>
    printableLines([
      `${cleaned.orphaned_locks_cleaned} orphaned locks moved aside`,
      ...cleaned.errors.map((error) => `error: ${error}`),
    ]),
  );
  context.setExitCode(cleaned.errors.length > 0 ? 1 : 0);
}

/** A held lock is refused: exit code 1. */
export async function unlock(slotId: string, options: CommonOptions, context: CommandContext): Promise<void> {
  const result = await runLocksUnlock(await configOf(options, context), slotId);
  printResult(result, options, context, () => printable(`${result.kind}: ${result.detail}`));
  context.setExitCode(result.kind === "refused" ? 1 : 0);
}
