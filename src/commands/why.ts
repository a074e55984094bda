import { describeArrival } from "../views/describe-arrival.ts";
import { createWhyReport, type WhyReport } from "../views/why-report.ts";
import { printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";
import { printableLines } from "./terminal/printable.ts";

interface WhyOptions extends CommonOptions {
  readonly deep?: boolean;
}

export const defineWhy: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description(
      "The evidence about a slot: what was read, expected and found, since when, and what was done.",
    )
    .argument("<slot>", "the slot's slot_id, or a path in it")
    .option("--deep", "also check every object, as git fsck does, and look for unsaved work")
    .action((slotId: string, options: WhyOptions) => why(slotId, options, context));
  withExamples(command, [
    ["why workspace-demo-slot1", "what is wrong with it, and how that is known"],
    ["why .", "the same of the work tree that this directory is in"],
    ["why workspace-demo-slot1 --deep", "look for damaged objects and unsaved work now"],
    ["why workspace-demo-slot1 --json", "the same for a script"],
  ]);
};

async function why(slotIdOrPath: string, options: WhyOptions, context: CommandContext): Promise<void> {
  const { openSlot } = await import("./program/open-directories.ts");
  const { config, manager, slot } = await openSlot(slotIdOrPath, options, context);
  const { readWatchState } = await import("../serve/watch/watch-state.ts");
  const { Journal } = await import("../journal/journal.ts");
  const { slotId, repoName } = slot;
  const report = createWhyReport({
    slotId,
    repoName,
    snapshot: await manager.snapshot({ pool: repoName, slotId, deep: options.deep ?? false }),
    watched: readWatchState(config.stateDir).get(slotId),
    journal: new Journal(config.stateDir).read(),
  });
  await printResult(report, options, context, () => printableLines(describeWhy(report)));
}

/** The lines that `why` prints for people. */
export function describeWhy(report: WhyReport): string[] {
  const { reasons, faulty_since: since } = report;
  const beginning = since === null ? "" : ` since ${since}`;
  const judgement = reasons.length === 0 ? "nothing is wrong" : `${reasons.join(", ")}${beginning}`;
  return [
    `${report.slot_id}: ${judgement}`,
    ...(report.slot_path === null ? [] : [`  path        ${report.slot_path}`]),
    `  looked at   ${report.checked_at}${report.deep ? ", with git fsck" : ""}`,
    ...describeAllocation(report),
    ...report.evidence.flatMap(({ code, path, expected, found, depth }) => [
      `  ${code} (${depth})`,
      `    read      ${path}`,
      `    expected  ${expected}`,
      `    found     ${found}`,
    ]),
    `  verified    connectivity ${report.verified_at.connectivity ?? "never"}, full ${report.verified_at.full ?? "never"}`,
    describeUnsavedWork(report),
    ...describeRecovery(report),
    ...report.problems.map(({ code, detail }) => `  problem     ${code}: ${detail}`),
    ...report.errors.map(({ code, detail }) => `  error       ${code}: ${detail}`),
  ];
}

function describeUnsavedWork({
  unsaved_work: kinds,
  unsaved_work_seen_at: seenAt,
  arrival,
}: WhyReport): string {
  if (kinds === null) return "  unsaved     not looked at: --deep looks, if git can read the slot";
  return `  unsaved     ${kinds.join(", ") || "none"}, looked at ${seenAt ?? "unknown time"}${describeArrival(arrival)}`;
}

function describeAllocation(report: WhyReport): string[] {
  const { state, activity, last_activity_at: lastActivityAt, long_allocation: long, owner } = report;
  const active = activity === null ? "" : `, ${activity}, last activity ${lastActivityAt ?? "unknown"}`;
  return [
    `  state       ${state ?? "unreadable"}${active}`,
    ...(owner === null ? [] : [`  owner       ${owner.evidence}: ${owner.detail}`]),
    ...(report.processes ?? []).map((process) => `  process     ${describeProcess(process)}`),
    ...(long === null ? [] : [`  allocated   ${long.reason}, ${long.allocated_hours.toFixed(1)} h`]),
    ...(report.isolated_at === null
      ? []
      : [`  isolated    ${report.isolated_at}: ${report.isolation_reason ?? ""}`]),
  ];
}

type ReportedProcess = NonNullable<WhyReport["processes"]>[number];

function describeProcess({ pid, command, role, age_seconds: age, parent }: ReportedProcess): string {
  const since = age === null ? "" : `, ${(age / 3600).toFixed(1)} h old`;
  const from = parent === null ? "" : `, started by ${parent.command} (${parent.pid})`;
  return `${command} (${pid})${since}${from}${role === "work" ? "" : `: ${role} of git, which is no work`}`;
}

function describeRecovery({ last_recovery: last }: WhyReport): string[] {
  if (last === null) return [];
  const because = last.reason === undefined ? "" : ` (${last.reason})`;
  const action = `${last.action ?? "a step"}: ${last.outcome ?? "?"}${because}`;
  return [`  recovery    ${last.at} ${action}${last.detail === undefined ? "" : `: ${last.detail}`}`];
}
