import { countOf } from "../platform/count-of.ts";
import { createLockCleaningReport, createLockReports } from "../views/lock-report.ts";
import {
  openPools,
  printResult,
  type CommandContext,
  type CommonOptions,
} from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";
import { printable, printableLines } from "./terminal/printable.ts";
import { formatTable } from "./terminal/table.ts";

export const defineLocks: DefineCommand = (command, context) => {
  command.description("Slot locks: who holds them, and what may be moved aside.");
  const list = withCommonOptions(command.command("list"))
    .description("Every lock, with its holder.")
    .action((options: CommonOptions) => listLocks(options, context));
  withExamples(list, [["locks list", "who works on what"]]);
  const clean = withCommonOptions(command.command("clean"))
    .description("Move orphaned locks aside.")
    .action((options: CommonOptions) => cleanLocks(options, context));
  withExamples(clean, [["locks clean", "locks of slots that no longer exist"]]);
  const release = withCommonOptions(command.command("unlock"))
    .description(
      "Move an old lock directory aside. A lock that is held is left alone, and its holder is named. A lock file stays.",
    )
    .argument("<slot>", "the slot's slot_id")
    .action((slotId: string, options: CommonOptions) => unlock(slotId, options, context));
  withExamples(release, [
    ["locks unlock workspace-demo-slot1", "see who holds it, or move an old lock directory aside"],
  ]);
};

async function listLocks(options: CommonOptions, context: CommandContext): Promise<void> {
  const { manager } = await openPools(options, context);
  const orphaned = await manager.detectOrphanedLocks();
  const locks = createLockReports(await manager.lockManager.list(), orphaned);
  await printResult(locks, options, context, () => {
    if (locks.length === 0) return "no locks";
    const rows = locks.map((lock) => [
      lock.slot_id,
      lock.held ? "held" : "free",
      lock.holders.map(({ pid, command }) => `${pid} ${command}`).join(", "),
      lock.orphaned ?? "",
    ]);
    return formatTable(context.terminal, ["SLOT", "LOCK", "HOLDER", "ORPHANED"], rows);
  });
}

/** A recovery of orphaned locks alone, with its guards and its journal. */
async function cleanLocks(options: CommonOptions, context: CommandContext): Promise<void> {
  const { manager } = await openPools(options, context);
  const { onlyOrphanedLocks } = await import("../recovery/plan/recovery-options.ts");
  const cleaned = createLockCleaningReport(await manager.autoRecover(onlyOrphanedLocks));
  await printResult(cleaned, options, context, () =>
    printableLines([
      `${countOf(cleaned.orphaned_locks_cleaned, "orphaned lock")} moved aside`,
      ...cleaned.errors.map((error) => `error: ${error}`),
    ]),
  );
  context.setExitCode(cleaned.errors.length > 0 ? 1 : 0);
}

/** A held lock is refused: exit code 1. */
async function unlock(slotId: string, options: CommonOptions, context: CommandContext): Promise<void> {
  const { manager } = await openPools(options, context);
  const result = await manager.lockManager.forceUnlock(slotId);
  await printResult(result, options, context, () => printable(`${result.kind}: ${result.detail}`));
  context.setExitCode(result.kind === "refused" ? 1 : 0);
}
