import { setTimeout as sleep } from "node:timers/promises";
import {
  runAddSlot,
  runPoolCreate,
  runPoolList,
  runRemoveSlot,
  runSlots,
  runStatus,
  type PoolStatus,
  type PrintedPool,
} from "../serve/run-lending.ts";
import { configOf, printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { printable } from "./terminal/printable.ts";
import { startProgress } from "./terminal/progress.ts";
import { untilStopSignal } from "./terminal/stop-signal.ts";
import { formatTable } from "./terminal/table.ts";

export interface PoolCreateOptions extends CommonOptions {
  readonly url?: string;
  readonly slots?: number;
  readonly layout?: "clone" | "worktree";
}

export interface RemoveSlotOptions extends CommonOptions {
  readonly force?: boolean;
}

export interface StatusOptions extends CommonOptions {
  readonly watch?: boolean;
}

export interface SlotsOptions extends CommonOptions {
  readonly pool?: string;
}

export async function createPool(
  repoName: string,
  options: PoolCreateOptions,
  context: CommandContext,
): Promise<void> {
  const config = await configOf(options, context);
  const progress = await startProgress(context.errorTerminal, "Making slots");
  try {
    const pool = await runPoolCreate(config, {
      repoName,
      repoUrl: options.url,
      numSlots: options.slots,
      layout: options.layout,
      onSlot: (doneCount, totalCount) => {
        progress.update({ doneCount, totalCount, detail: repoName });
      },
    });
    printResult(pool, options, context, () => printable(`${pool.repo_name}: ${pool.num_slots ?? 0} slots`));
  } finally {
    progress.stop();
  }
}

export async function listPools(options: CommonOptions, context: CommandContext): Promise<void> {
  const pools = await runPoolList(await configOf(options, context));
  printResult(pools, options, context, () => describePools(pools, context));
}

function describePools(pools: readonly PrintedPool[], { terminal }: CommandContext): string {
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

const watchMilliseconds = 2000;
const clearScreen = "\u001b[H\u001b[2J";

export async function showStatus(options: StatusOptions, context: CommandContext): Promise<void> {
  if (options.watch === true) await watchStatus(options, context);
  else await printStatus(options, context);
}

async function printStatus(options: CommonOptions, context: CommandContext, above = ""): Promise<void> {
  const pools = await runStatus(await configOf(options, context));
  printResult(pools, options, context, () => above + describeStatus(pools, context));
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

function describeStatus(pools: readonly PoolStatus[], { terminal }: CommandContext): string {
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

export async function addSlot(
  repoName: string,
  options: CommonOptions,
  context: CommandContext,
): Promise<void> {
  const config = await configOf(options, context);
  const progress = await startProgress(context.errorTerminal, "Making a slot");
  try {
    progress.update({ doneCount: 0, totalCount: 1, detail: repoName });
    const record = await runAddSlot(config, repoName);
    printResult(record, options, context, () => printable(String(record["slot_id"])));
  } finally {
    progress.stop();
  }
}

export async function removeSlot(
  slotId: string,
  options: RemoveSlotOptions,
  context: CommandContext,
): Promise<void> {
  const removed = await runRemoveSlot(await configOf(options, context), slotId, {
    force: options.force ?? false,
  });
  printResult(removed, options, context, () =>
    printable(`${slotId} was moved to ${removed.moved_to.join(", ")}`),
  );
}

export async function listSlots(options: SlotsOptions, context: CommandContext): Promise<void> {
  const slots = await runSlots(await configOf(options, context), options.pool);
  printResult(slots, options, context, () => {
    if (slots.length === 0) return "no slots";
    const rows = slots.map((slot) => [
      slot.slot_id,
      slot.state ?? "unreadable",
      slot.lock,
      slot.current_branch ?? "",
      slot.isolation_reason ?? slot.reasons.join(", "),
    ]);
    return formatTable(context.terminal, ["SLOT", "STATE", "LOCK", "BRANCH", "WHY"], rows);
  });
}
