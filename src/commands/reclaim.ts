import { countOf } from "../platform/count-of.ts";
import { createReclaimReport, reclaimExitCode, type PrintedReclaimReport } from "../views/reclaim-report.ts";
import { createRecoverReport, recoverExitCode } from "../views/recover-report.ts";
import { printRecoverReport } from "./recover.ts";
import { formatBytes } from "../platform/readable-units.ts";
import {
  openPools,
  printResult,
  type CommandContext,
  type CommonOptions,
  type OpenedPools,
} from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";
import { printableLines } from "./terminal/printable.ts";
import { durationOf } from "./program/duration-option.ts";

interface ReclaimCommandOptions extends CommonOptions {
  readonly older?: string;
  readonly dryRun?: boolean;
  readonly allowRoot?: boolean;
  readonly undo?: string;
}

export const defineReclaim: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description(
      "Move work trees that nobody uses to quarantine. Unsaved work is saved first, branches stay, and `--undo` brings one back. Without a path: the slots beyond the limits of the sources that allow it.",
    )
    .argument("[slots...]", "slot_ids, work trees, or directories with work trees below")
    .option("--older <duration>", "only those without activity for longer: 12h, 7d")
    .option("--dry-run", "list what would be moved and what would be saved, change nothing")
    .option("--undo <id>", "bring back what was reclaimed under this id")
    .option("--allow-root", "as root, reclaim slots of another owner too")
    .action((slots: readonly string[], options: ReclaimCommandOptions) => reclaim(slots, options, context));
  withExamples(command, [
    ["reclaim ~/src --older 7d --dry-run", "what is a week old below a directory, the largest first"],
    ["reclaim .claude/worktrees/fix", "one work tree"],
    ["reclaim", "what is beyond the limits of the sources, as a schedule would"],
    ["reclaim --undo 2026-05-04T12-00-00-000Z-0a1b2c3d-api-fix-1a2b3c", "get it back, byte for byte"],
  ]);
};

/** @throws UsageError `OPTION_INVALID` */
async function reclaim(
  slots: readonly string[],
  options: ReclaimCommandOptions,
  context: CommandContext,
): Promise<void> {
  if (options.undo !== undefined) return undo(options.undo, options, context);
  const olderSeconds = options.older === undefined ? undefined : durationOf("--older", options.older);
  const { manager, named } = await openTargets(slots, options, context);
  const { dryRun = false, allowRoot = false } = options;
  const reclaimed = await manager.reclaim({ slots: named, olderSeconds, dryRun, allowRoot });
  const report = createReclaimReport(reclaimed);
  await printResult(report, options, context, () =>
    printableLines(describeReclaimReport(report, { isAnywhere: slots.length === 0 })),
  );
  context.setExitCode(reclaimExitCode(report, named !== undefined));
}

interface Targets extends Pick<OpenedPools, "manager"> {
  /** Undefined for everything beyond the limits. */
  readonly named: readonly string[] | undefined;
}

/** Slots of the configuration; else what lies at the paths, of which a person may have linked work trees reclaimed. */
async function openTargets(
  slots: readonly string[],
  options: ReclaimCommandOptions,
  context: CommandContext,
): Promise<Targets> {
  const { existsSync } = await import("node:fs");
  const { openDirectories, openWorkTrees } = await import("./program/open-directories.ts");
  const { manager } = await openPools(options, context);
  if (slots.length === 0) return { manager, named: undefined };
  const isKnown = slots.every((slot) => manager.findWatchedSlot(slot) !== undefined);
  if (isKnown || !slots.every((slot) => existsSync(slot))) return { manager, named: slots };
  const allow = { worktrees: ["reclaim"] } as const;
  const trees = await openWorkTrees(slots, options, context, allow);
  if (trees !== undefined) return { manager: trees.manager, named: slots };
  const { manager: ofDirectories } = await openDirectories(slots, options, context, { allow });
  return { manager: ofDirectories, named: undefined };
}

async function undo(id: string, options: CommonOptions, context: CommandContext): Promise<void> {
  const { openReclaimed } = await import("./program/open-directories.ts");
  const { manager } = await openReclaimed(id, options, context);
  const report = await manager.undoReclaim(id);
  await printRecoverReport(createRecoverReport(report), options, context);
  context.setExitCode(recoverExitCode(report));
}

/** The lines that `reclaim` prints for people. `isAnywhere`: no path was named. */
export function describeReclaimReport(
  { dry_run: isDryRun, candidates, slots, bytes, errors }: PrintedReclaimReport,
  { isAnywhere }: { isAnywhere: boolean },
): string[] {
  const going = slots.filter(({ outcome }) => outcome === "done" || outcome === "planned");
  const kept = slots.length - going.length;
  const verb = isDryRun ? "would be moved" : "reclaimed";
  return [
    ...slots.map(describeSlot),
    ...errors.map((error) => `error: ${error}`),
    `${countOf(going.length, "work tree")}, ${formatBytes(bytes)} ${verb}${kept > 0 ? `; ${kept} kept` : ""}`,
    ...(slots.length === 0 && errors.length === 0 ? [describeNone(candidates, isAnywhere)] : []),
    ...(isDryRun ? ["dry run, nothing changed"] : []),
  ];
}

/** Why nothing was even considered, so that it is not taken for a directory without idle work trees. */
function describeNone(candidates: number, isAnywhere: boolean): string {
  if (candidates > 0)
    return `none of ${countOf(candidates, "work tree")} is beyond its limit: --older, else that of its source, else a week`;
  return isAnywhere
    ? "no source allows `reclaim`: add it to the `allow` of a source (--config.file), or name a directory"
    : "there are no linked work trees";
}

type ReclaimedSlot = PrintedReclaimReport["slots"][number];

function describeSlot(slot: ReclaimedSlot): string {
  const size = formatBytes(slot.bytes).padStart(10);
  const since = slot.last_activity_at?.slice(0, 16).replace("T", " ") ?? "unknown";
  return `${size}  idle since ${since}  ${slot.slot_path}: ${describeEnd(slot)}`;
}

function describeEnd(slot: ReclaimedSlot): string {
  const { outcome, reason, detail, unsaved_work: unsaved } = slot;
  if (outcome === "refused" || outcome === "failed") return `kept (${reason}): ${detail}`;
  if (outcome === "done") return describeDone(slot);
  if (unsaved === undefined || unsaved.length === 0) return "would be moved; nothing is unsaved";
  // Of a broken work tree it cannot be told beforehand.
  if (unsaved.includes("unknown")) return "would be moved; unsaved work would be saved first";
  return `would be moved; would be saved first: ${unsaved.join(", ")}`;
}

/** The line begins with the path. `--json` and `history` say where the directory went. */
function describeDone({ detail, reclaim_id: id, salvage_id: salvageId }: ReclaimedSlot): string {
  const moved = id === null ? detail : `in quarantine: \`reclaim --undo ${id}\` brings it back`;
  return salvageId === null ? moved : `${moved}; saved as ${salvageId}`;
}
