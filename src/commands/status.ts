import { setTimeout as sleep } from "node:timers/promises";
import { createStatusReport, type PoolStatusReport } from "../views/pool-report.ts";
import {
  openPools,
  printResult,
  reportErrors,
  type CommandContext,
  type CommonOptions,
} from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";
import { untilStopSignal } from "./terminal/stop-signal.ts";
import { formatTable } from "./terminal/table.ts";

interface StatusOptions extends CommonOptions {
  readonly watch?: boolean;
}

const watchMilliseconds = 2000;
const clearScreen = "\u001b[H\u001b[2J";

export const defineStatus: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description(
      "Every pool: how many of its slots are in which state or isolated, and the anomalies found now.",
    )
    .option("--watch", "show it again every two seconds, until Ctrl-C")
    .action((options: StatusOptions) =>
      options.watch === true ? watchStatus(options, context) : printStatus(options, context),
    );
  withExamples(command, [
    ["status", "every pool at a glance"],
    ["status --watch", "keep it in view"],
  ]);
};

async function printStatus(options: CommonOptions, context: CommandContext, above = ""): Promise<void> {
  const { manager } = await openPools(options, context);
  const snapshot = await manager.snapshot();
  const { isReadable, isWatched = true } = snapshot.inventory;
  const managed = isReadable && isWatched ? Object.values(await manager.getPoolSummary()) : [];
  const pools = createStatusReport(managed, snapshot);
  await printResult(pools, options, context, async () => above + (await describeStatus(pools, context)));
  reportErrors(snapshot, context);
}

/** A terminal shows the newest alone; anything else gets one after the other. */
async function watchStatus(options: CommonOptions, context: CommandContext): Promise<void> {
  const stopping = new AbortController();
  const stopped = untilStopSignal().then(() => {
    stopping.abort();
  });
  while (!stopping.signal.aborted) {
    await printStatus(options, context, context.terminal.isInteractive ? clearScreen : "");
    context.warn("Ctrl-C ends the watch");
    await sleep(watchMilliseconds, undefined, { signal: stopping.signal }).catch(() => undefined);
  }
  await stopped;
}

/** The table that `status` prints. */
export async function describeStatus(
  pools: readonly PoolStatusReport[],
  { terminal }: Pick<CommandContext, "terminal">,
): Promise<string> {
  if (pools.length === 0) return "no pools";
  const rows = pools.map(({ repo_name, num_slots, states, isolated, anomalies }) => [
    repo_name,
    num_slots === null ? "unknown" : String(num_slots),
    ...[states.available, states.allocated, states.cleaning, states.error, isolated].map(String),
    ...Object.values(anomalies).map(String),
  ]);
  const stateNames = ["AVAILABLE", "ALLOCATED", "CLEANING", "ERROR", "ISOLATED"];
  const anomalyNames = ["LONG ALLOCATED", "CORRUPTED", "ORPHANED LOCKS"];
  return formatTable(terminal, ["POOL", "SLOTS", ...stateNames, ...anomalyNames], rows);
}
