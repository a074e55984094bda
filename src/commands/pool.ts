import { Option, type Command } from "commander";
import { countOf } from "../platform/count-of.ts";
import { createPoolReport, type PoolReport } from "../views/pool-report.ts";
import { createRemovedSlotReport } from "../views/slot-report.ts";
import {
  openPools,
  printResult,
  type CommandContext,
  type CommonOptions,
} from "./program/command-context.ts";
import {
  parsePositiveInteger,
  withCommonOptions,
  withExamples,
  type DefineCommand,
} from "./program/command-definition.ts";
import { printable } from "./terminal/printable.ts";
import { withProgress } from "./terminal/progress.ts";
import { formatTable } from "./terminal/table.ts";

interface CreateOptions extends CommonOptions {
  readonly url?: string;
  readonly slots?: number;
  readonly layout?: "clone" | "worktree";
}

interface RemoveSlotOptions extends CommonOptions {
  readonly force?: boolean;
}

export const definePool: DefineCommand = (command, context) => {
  command.description("Create pools, list them, add and remove slots.");
  defineCreate(command.command("create"), context);
  const list = withCommonOptions(command.command("list"))
    .description("Every pool, with how many of its slots are in which state.")
    .action((options: CommonOptions) => listPools(options, context));
  withExamples(list, [["pool list", "every pool"]]);
  const forget = withCommonOptions(command.command("remove"))
    .description("Stop reporting a pool that was removed on purpose (`pool_gone`). Deletes nothing.")
    .argument("<name>", "the pool's name")
    .action((name: string, options: CommonOptions) => removePool(name, options, context));
  withExamples(forget, [["pool remove demo", "its directory was removed or moved elsewhere"]]);
  const add = withCommonOptions(command.command("add-slot"))
    .description("Add one slot to a pool.")
    .argument("<name>", "the pool's name")
    .action((name: string, options: CommonOptions) => addSlot(name, options, context));
  withExamples(add, [["pool add-slot demo", "one more slot"]]);
  const remove = withCommonOptions(command.command("remove-slot"))
    .description("Move a slot out of its pool into quarantine. Unsaved work is saved first.")
    .argument("<slot>", "the slot's slot_id")
    .option("--force", "also while the slot is allocated; never while its lock is held")
    .action((slotId: string, options: RemoveSlotOptions) => removeSlot(slotId, options, context));
  withExamples(remove, [["pool remove-slot workspace-demo-slot3", "one slot fewer"]]);
};

function defineCreate(command: Command, context: CommandContext): void {
  const layout = new Option(
    "--layout <kind>",
    "full clones, or worktrees of one main repository (default: clone)",
  );
  withCommonOptions(command)
    .description("Create a pool. It appears only when it is complete.")
    .argument("<name>", "the new pool's name")
    .option("--url <url>", "the repository (default: what pools.yaml says)")
    .option("--slots <number>", "how many slots (default: what pools.yaml says)", parsePositiveInteger)
    .addOption(layout.choices(["clone", "worktree"]))
    .action((name: string, options: CreateOptions) => createPool(name, options, context));
  withExamples(command, [
    ["pool create fresh --url file://$PWD/origin.git --slots 2", "two clones of a repository"],
  ]);
}

async function createPool(repoName: string, options: CreateOptions, context: CommandContext): Promise<void> {
  const { manager } = await openPools(options, context);
  const { summarizePool } = await import("../lending/pool-summary.ts");
  const created = await withProgress(context.errorTerminal, "Making slots", (update) =>
    manager.createPool(repoName, {
      repoUrl: options.url,
      numSlots: options.slots,
      layout: options.layout,
      onSlot: (doneCount, totalCount) => {
        update({ doneCount, totalCount, detail: repoName });
      },
    }),
  );
  const pool = createPoolReport(summarizePool(created));
  await printResult(pool, options, context, () =>
    printable(`${pool.repo_name}: ${countOf(pool.num_slots ?? 0, "slot")}`),
  );
}

async function listPools(options: CommonOptions, context: CommandContext): Promise<void> {
  const { manager } = await openPools(options, context);
  const pools = Object.values(await manager.getPoolSummary()).map(createPoolReport);
  await printResult(pools, options, context, () => describePools(pools, context));
}

async function describePools(pools: readonly PoolReport[], { terminal }: CommandContext): Promise<string> {
  if (pools.length === 0) return "no pools";
  const rows = pools.map(({ repo_name, layout, num_slots, states }) => [
    repo_name,
    layout,
    num_slots === null ? "unknown" : String(num_slots),
    ...[states.available, states.allocated, states.cleaning, states.error].map(String),
  ]);
  return formatTable(
    terminal,
    ["POOL", "LAYOUT", "SLOTS", "AVAILABLE", "ALLOCATED", "CLEANING", "ERROR"],
    rows,
  );
}

/** Prints the slot.json of the new slot. */
async function addSlot(repoName: string, options: CommonOptions, context: CommandContext): Promise<void> {
  const { manager } = await openPools(options, context);
  const slot = await withProgress(context.errorTerminal, "Making a slot", (update) => {
    update({ doneCount: 0, totalCount: 1, detail: repoName });
    return manager.addSlot(repoName);
  });
  const record = slot.record?.fields ?? {};
  await printResult(record, options, context, () => printable(String(record["slot_id"])));
}

async function removePool(repoName: string, options: CommonOptions, context: CommandContext): Promise<void> {
  const { manager } = await openPools(options, context);
  manager.forgetPool(repoName);
  await printResult({ removed: repoName }, options, context, () =>
    printable(`${repoName} is no longer reported as gone`),
  );
}

async function removeSlot(
  slotId: string,
  options: RemoveSlotOptions,
  context: CommandContext,
): Promise<void> {
  const { manager } = await openPools(options, context);
  const removed = createRemovedSlotReport(
    slotId,
    await manager.removeSlot(slotId, { force: options.force ?? false }),
  );
  await printResult(removed, options, context, () => printable(describeRemoval(slotId, removed.moved_to)));
}

/** A removal that was killed may have moved everything, and not have counted it. */
function describeRemoval(slotId: string, movedTo: readonly string[]): string {
  if (movedTo.length === 0) return `${slotId} was not there any more, and is counted no longer`;
  return `${slotId} was moved to ${movedTo.join(", ")}`;
}
