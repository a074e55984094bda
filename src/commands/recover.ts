import { Option } from "commander";
import { countOf } from "../platform/count-of.ts";
import { CodedError } from "../platform/coded-error.ts";
import type { RecoveryOptionsInput } from "../recovery/plan/recovery-options.ts";
import { describePlan } from "../views/plan-lines.ts";
import {
  createRecoverReport,
  recoverExitCode,
  refusedExitCode,
  type PrintedRecoveryReport,
} from "../views/recover-report.ts";
import {
  openPools,
  printResult,
  type CommandContext,
  type CommonOptions,
  type OpenedPools,
} from "./program/command-context.ts";
import type { Slot } from "../pool/pool.ts";
import {
  parsePositiveNumber,
  withCommonOptions,
  withExamples,
  type DefineCommand,
} from "./program/command-definition.ts";
import { printable, printableLines } from "./terminal/printable.ts";
import { untilStopSignal } from "./terminal/stop-signal.ts";

interface RecoverOptions extends CommonOptions, RecoveryOptionsInput {
  readonly force?: boolean;
  readonly lockTimeout?: number;
}

export const defineRecover: DefineCommand = (command, context) => {
  const strategy = new Option("--strategy <name>", "a set of options; single options win over it");
  withCommonOptions(command)
    .description("Repair one slot, or everything that is broken. Unsaved work is saved first.")
    .argument("[slot]", "only this slot, or the work tree at this path")
    .addOption(strategy.choices(["conservative", "aggressive", "maintenance"]))
    .option("--pool <name>", "only this pool")
    .option("--max-allocation-hours <hours>", "age of a long allocation", parsePositiveNumber)
    .option("--deep", "also check every object, as git fsck does")
    .option("--dry-run", "say what would be done, change nothing")
    .option("--force", "with a slot: mark it available even if its repair failed")
    .option("--include-alive", "a forced release also ends an allocation that is alive")
    .option("--allow-pool-rebuild", "a worktree pool's main repository may be cloned again")
    .option("--allow-root", "as root, change slots of another owner too")
    .option("--restore-missing", "check out again the missing work tree that is registered at this path")
    .option("--lock-timeout <seconds>", "how long to wait for locks", parsePositiveNumber)
    .option("--recover-corrupted", "repair corrupted slots (default)")
    .option("--no-recover-corrupted", "leave corrupted slots alone")
    .option("--cleanup-orphaned-locks", "move orphaned locks aside (default)")
    .option("--no-cleanup-orphaned-locks", "leave orphaned locks alone")
    .option("--force-release-long-allocated", "release long-allocated slots")
    .option("--no-force-release-long-allocated", "leave long-allocated slots alone (default)")
    .action((slotId: string | undefined, options: RecoverOptions) => recover(slotId, options, context));
  withExamples(command, [
    ["recover --dry-run", "the plan for everything that is broken"],
    ["recover workspace-demo-slot1", "repair one slot"],
    ["recover --strategy conservative --pool demo", "repair one pool, releasing nothing"],
  ]);
};

/** A person who names a work tree lets the program repair it in place. */
async function openTarget(
  named: string | undefined,
  options: CommonOptions,
  context: CommandContext,
): Promise<OpenedPools & { readonly slot?: Slot }> {
  if (named === undefined) return openPools(options, context);
  const { openSlot } = await import("./program/open-directories.ts");
  const allow = ["move_git_lock", "repair"] as const;
  return openSlot(named, options, context, { allow: { worktrees: allow, checkouts: allow } });
}

async function recover(
  named: string | undefined,
  options: RecoverOptions,
  context: CommandContext,
): Promise<void> {
  const { config, manager, slot } = await openTarget(named, options, context);
  if (options.pool !== undefined) await manager.getPool(options.pool);
  const slotId = slot?.slotId;
  const lockTimeoutSeconds = options.lockTimeout ?? config.recovery.lockTimeoutSeconds;
  const input = { ...recoveryOptionsOf(options), pool: slot?.repoName ?? options.pool, lockTimeoutSeconds };
  const request = manager.createRequest({ slotId, force: options.force ?? false, input });
  const report = await manager
    .recover(request, { signal: stopAfterRunningStep(context) })
    .catch((thrown: unknown) => {
      // Another recovery is at work: that is a lock's refusal, and nothing has failed.
      if (!(thrown instanceof CodedError) || thrown.code !== "RUN_LOCK_HELD") throw thrown;
      context.warn(`${thrown.code}: ${printable(thrown.message)}`);
      context.setExitCode(refusedExitCode);
    });
  if (report === undefined) return;
  const leavesSources = slot === undefined && config.sources.some(({ kind }) => kind !== "managed");
  await printRecoverReport(createRecoverReport(report), options, context, { leavesSources });
  context.setExitCode(recoverExitCode(report));
}

function stopAfterRunningStep(context: CommandContext): AbortSignal {
  const stopping = new AbortController();
  void untilStopSignal().then(() => {
    stopping.abort();
    context.warn("stopping after the running step; a second signal ends at once");
  });
  return stopping.signal;
}

/** Undefined comes from the strategy, or from the defaults. */
function recoveryOptionsOf(options: RecoverOptions): RecoveryOptionsInput {
  return {
    strategy: options.strategy,
    maxAllocationHours: options.maxAllocationHours,
    recoverCorrupted: options.recoverCorrupted,
    cleanupOrphanedLocks: options.cleanupOrphanedLocks,
    forceReleaseLongAllocated: options.forceReleaseLongAllocated,
    includeAlive: options.includeAlive,
    deep: options.deep,
    dryRun: options.dryRun,
    allowPoolRebuild: options.allowPoolRebuild,
    allowRoot: options.allowRoot,
    restoreMissing: options.restoreMissing,
  };
}

/** `isolate` prints the same: it is one action of a recovery. */
export async function printRecoverReport(
  report: PrintedRecoveryReport,
  options: CommonOptions,
  context: CommandContext,
  scope: RecoverScope = {},
): Promise<void> {
  await printResult(report, options, context, () => printableLines(describeRecoverReport(report, scope)));
}

interface RecoverScope {
  /** There are sources without a pool manager, whose slots only a run for one slot repairs. */
  readonly leavesSources?: boolean;
}

/** The lines that `recover` prints for people. */
export function describeRecoverReport(
  report: PrintedRecoveryReport,
  { leavesSources = false }: RecoverScope = {},
): string[] {
  const doneOf = (step: string): number =>
    report.actions.filter(({ action, outcome }) => action === step && outcome === "done").length;
  const ofSources = leavesSources ? ["slots of sources are recovered one by one: `recover SLOT`"] : [];
  if (report.actions.length === 0 && report.errors.length === 0) return ["nothing to do", ...ofSources];
  const isUndo = report.actions.some(({ action }) => action === "undo_reclaim");
  const counts = isUndo
    ? [`${countOf(doneOf("undo_reclaim"), "work tree")} brought back`]
    : [
        `${report.corrupted_recovered} recovered`,
        `${doneOf("isolate")} isolated`,
        `${doneOf("release")} released`,
        `${countOf(report.orphaned_locks_cleaned, "lock")} moved aside`,
      ];
  const actions = report.dry_run
    ? describePlan(report.actions)
    : report.actions.map(
        ({ slot_id, action, outcome, reason, detail }) =>
          `  ${slot_id}: ${action} ${outcome} (${reason})${detail === "" ? "" : `: ${detail}`}`,
      );
  return [
    ...actions,
    ...report.errors.map((error) => `  error: ${error}`),
    report.dry_run ? "dry run, nothing changed" : counts.join(", "),
    ...ofSources,
  ];
}
