import { countOf } from "../platform/count-of.ts";
import type { PoolSnapshot, Snapshot } from "../anomalies/snapshot.ts";
import { describeArrival } from "../views/describe-arrival.ts";
import { checkExitCode, createCheckReport, type CheckReport } from "../views/check-report.ts";
import { countUses } from "../views/slot-use.ts";
import type { PoolManager } from "../pool-manager.ts";
import type { SourceError } from "../pool/sources/source.ts";
import {
  openPools,
  printResult,
  type CommandContext,
  type CommonOptions,
} from "./program/command-context.ts";
import {
  parsePositiveNumber,
  withCommonOptions,
  withExamples,
  type DefineCommand,
} from "./program/command-definition.ts";
import { printableLines } from "./terminal/printable.ts";

interface CheckOptions extends CommonOptions {
  readonly deep?: boolean;
  readonly pool?: string;
  readonly maxAllocationHours?: number;
}

export const defineCheck: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description(
      "Detect anomalies, change nothing. Ends with 3 if there is one. With directories: in the git work trees below them, without any configuration.",
    )
    .argument(
      "[dir...]",
      "look for repositories and their work trees below these, instead of at the configured pools",
    )
    .option("--deep", "also check every object, as git fsck does")
    .option("--pool <name>", "only this pool")
    .option("--max-allocation-hours <hours>", "age of a long allocation", parsePositiveNumber)
    .action((directories: string[], options: CheckOptions) => check(directories, options, context));
  withExamples(command, [
    ["check", "what is wrong now"],
    ["check .", "the work trees of a directory, with no configuration"],
    ["check --deep --pool demo", "read every object of one pool"],
    ["check --json --max-allocation-hours 48", "for a script, with another limit"],
  ]);
};

async function check(
  directories: readonly string[],
  options: CheckOptions,
  context: CommandContext,
): Promise<void> {
  const { manager, errors } = await openChecked(directories, options, context);
  const looked = await takeSnapshot(manager, options, context);
  const snapshot = { ...looked, errors: [...looked.errors, ...errors] };
  const report = createCheckReport(snapshot);
  await printResult(report, options, context, () => printableLines(describeCheck(report, snapshot)));
  context.setExitCode(checkExitCode(snapshot));
}

/** The configured pools, or the work trees below directories with what could not be looked at there. */
async function openChecked(
  directories: readonly string[],
  options: CheckOptions,
  context: CommandContext,
): Promise<{ manager: PoolManager; errors: readonly SourceError[] }> {
  if (directories.length === 0) return { ...(await openPools(options, context)), errors: [] };
  const { openDirectories } = await import("./program/open-directories.ts");
  return openDirectories(directories, options, context);
}

/** Only deep checks take long enough for a bar to be seen. */
async function takeSnapshot(
  manager: PoolManager,
  options: CheckOptions,
  context: CommandContext,
): Promise<Snapshot> {
  const { deep = false, pool, maxAllocationHours } = options;
  if (pool !== undefined) manager.requireWatchedPool(pool);
  const scope = { deep, pool, maxAllocationHours };
  if (!deep) return manager.snapshot(scope);
  const { withProgress } = await import("./terminal/progress.ts");
  return withProgress(context.errorTerminal, "Checking repositories", (update) =>
    manager.snapshot(scope, {
      onProgress: (doneCount, totalCount) => {
        update({ doneCount, totalCount, detail: "" });
      },
    }),
  );
}

/** The lines that `check` prints for people: what is found in a slot stands below its pool. */
export function describeCheck(report: CheckReport, { pools }: Pick<Snapshot, "pools">): string[] {
  const slotLines = describeSlots(report, pools);
  const anomalyCount =
    report.long_allocated_slots.length + report.corrupted_slots.length + report.orphaned_locks.length;
  return [
    ...describePools(report, pools, slotLines),
    ...slotLines.rest,
    ...report.orphaned_locks.map(describeLock),
    ...describeProblems(report),
    ...describeErrors(report),
    describeCount(anomalyCount, report),
  ];
}

type NameOf = (slotId: string) => string;

/** People know a work tree without a pool manager by its path, and every command takes that. */
function slotNamesOf(pools: readonly PoolSnapshot[]): NameOf {
  const unmanaged = pools.filter(({ source }) => source !== undefined).flatMap(({ slots }) => slots);
  const paths = new Map(unmanaged.map(({ slotId, path }) => [slotId, path]));
  return (slotId) => paths.get(slotId) ?? slotId;
}

/** "no anomalies" is printed only if something was looked at. */
function describeCount(anomalyCount: number, { pools, errors }: CheckReport): string {
  if (anomalyCount > 0) return countOf(anomalyCount, "anomaly", "anomalies");
  if (pools.length === 0) return "no pool was looked at";
  const isPartial =
    errors.length > 0 || pools.some(({ problems }) => problems.some(({ code }) => code === "unread"));
  return isPartial ? "no anomalies in what could be read" : "no anomalies";
}

function describePools(report: CheckReport, pools: readonly PoolSnapshot[], { byPool }: SlotLines): string[] {
  return report.pools.flatMap((pool, index) => {
    const looked = pools[index];
    const isManaged = looked?.source === undefined;
    const layout = isManaged ? pool.layout : unmanagedLayouts[pool.layout];
    const states = Object.entries(isManaged ? pool.states : countUses(looked.slots));
    const counts = states.map(([state, count]) => `${count} ${state}`);
    const summary = `${pool.repo_name} (${layout}): ${counts.join(", ") || "no slots"}`;
    return [summary, ...describeProblems(pool), ...(byPool.get(pool.repo_name) ?? [])];
  });
}

const unmanagedLayouts = { clone: "main work trees", worktree: "linked work trees" } as const;

function describeProblems({ problems }: Pick<CheckReport, "problems">): string[] {
  return problems.map(({ code, detail }) => `  problem    ${code}: ${detail}`);
}

interface SlotLines {
  readonly byPool: ReadonlyMap<string, readonly string[]>;
  /** Of slots that none of the pools has. */
  readonly rest: readonly string[];
}

function describeSlots(report: CheckReport, pools: readonly PoolSnapshot[]): SlotLines {
  const nameOf = slotNamesOf(pools);
  const poolOf = new Map(
    pools.flatMap(({ repoName, slots }) => slots.map(({ slotId }) => [slotId, repoName] as const)),
  );
  const byPool = new Map(pools.map(({ repoName }) => [repoName, [] as string[]]));
  const rest: string[] = [];
  const add = (repoName: string | undefined, line: string): void => {
    (byPool.get(repoName ?? "") ?? rest).push(line);
  };
  for (const slot of report.long_allocated_slots) add(slot.repo_name, describeLong(slot, nameOf));
  for (const { slot_id: slotId, repo_name: pool, reasons, detail } of report.corrupted_slots)
    add(pool, `  corrupted  ${nameOf(slotId)}: ${reasons.join(", ")}: ${detail}`);
  for (const { slot_id: slotId, isolation_reason: reason } of report.isolated_slots)
    add(poolOf.get(slotId), `  isolated   ${nameOf(slotId)}: ${reason}`);
  for (const slot of report.unsaved_work) add(slot.repo_name, describeUnsavedWork(slot, nameOf));
  return { byPool, rest };
}

function describeLock(lock: CheckReport["orphaned_locks"][number]): string {
  const { slot_id: slotId, reason, age_hours: age, owner_uid: owner } = lock;
  return `  lock       ${slotId}: ${reason}, ${hours(age)}, left by user ${owner}`;
}

/** An idle work tree has no allocation: its line says so. */
function describeLong(slot: CheckReport["long_allocated_slots"][number], nameOf: NameOf): string {
  const { slot_id: slotId, reason, allocated_hours: age, activity } = slot;
  if (reason === "idle_too_long") return `  idle       ${nameOf(slotId)}: ${reason}, ${hours(age)}`;
  return `  allocated  ${nameOf(slotId)}: ${reason}, ${hours(age)}, ${activity}`;
}

/** "None" is printed with its time too, because it is true of that moment alone. */
function describeUnsavedWork(slot: CheckReport["unsaved_work"][number], nameOf: NameOf): string {
  const { slot_id: slotId, kinds, seen_at: seenAt, arrival } = slot;
  return `  unsaved    ${nameOf(slotId)}: ${kinds.join(", ") || "none"}, looked at ${seenAt ?? "unknown time"}${describeArrival(arrival)}`;
}

function describeErrors(report: CheckReport): string[] {
  return report.errors.map(({ code, detail }) => `  error      ${code}: ${detail}`);
}

function hours(value: number | undefined): string {
  return value === undefined ? "age unknown" : `${value.toFixed(1)} h`;
}
