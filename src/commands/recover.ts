import type { PrintedRecoveryReport } from "../views/recover-report.ts";
import { runRecover, type RecoveryOptionsInput } from "./run-recover.ts";
import { printableLines } from "./terminal/printable.ts";
import { untilStopSignal } from "./terminal/stop-signal.ts";
import { configOf, printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";

export interface RecoverOptions extends CommonOptions, RecoveryOptionsInput {
  readonly force?: boolean;
  readonly lockTimeout?: number;
}

export async function recover(
  slotId: string | undefined,
  options: RecoverOptions,
  context: CommandContext,
): Promise<void> {
  const config = await configOf(options, context);
  const stopping = new AbortController();
  void untilStopSignal().then(() => {
    stopping.abort();
    context.warn("stopping after the running step; a second signal ends at once");
  });
  const { report, exitCode } = await runRecover(
    config,
    { slotId, force: options.force ?? false, options: recoveryOptionsOf(options) },
    stopping.signal,
  );
  printReport(report, options, context);
  context.setExitCode(exitCode);
}

function recoveryOptionsOf(options: RecoverOptions): RecoveryOptionsInput {
  const single = {
    strategy: options.strategy,
    maxAllocationHours: options.maxAllocationHours,
    recoverCorrupted: options.recoverCorrupted,
    cleanupOrphanedLocks: options.cleanupOrphanedLocks,
    forceReleaseLongAllocated: options.forceReleaseLongAllocated,
    includeAlive: options.includeAlive,
    pool: options.pool,
    deep: options.deep,
    dryRun: options.dryRun,
    allowPoolRebuild: options.allowPoolRebuild,
    allowRoot: options.allowRoot,
    lockTimeoutSeconds: options.lockTimeout,
  };
  return Object.fromEntries(Object.entries(single).filter(([, value]) => value !== undefined));
}

export function printReport(
  report: PrintedRecoveryReport,
  options: CommonOptions,
  context: CommandContext,
): void {
  printResult(report, options, context, () => printableLines(describeReport(report)));
}

function describeReport(report: PrintedRecoveryReport): string[] {
  const counts = [
    `${report.corrupted_recovered} recovered`,
    `${report.corrupted_isolated} isolated`,
    `${report.long_allocated_released} released`,
    `${report.orphaned_locks_cleaned} locks moved aside`,
  ];
  return [
    ...report.actions.map(
      ({ slot_id, action, outcome, reason, detail }) =>
        `  ${slot_id}: ${action} ${outcome} (${reason})${detail === "" ? "" : `: ${detail}`}`,
    ),
    ...report.errors.map((error) => `  error: ${error}`),
    `${report.dry_run ? "dry run, nothing changed: " : ""}${counts.join(", ")}`,
  ];
}
