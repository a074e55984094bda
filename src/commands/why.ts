import { runWhy, type WhyReport } from "./run-why.ts";
import { configOf, printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { printableLines } from "./terminal/printable.ts";

export async function why(slotId: string, options: CommonOptions, context: CommandContext): Promise<void> {
  const report = await runWhy(await configOf(options, context), slotId);
  printResult(report, options, context, () => printableLines(describeWhy(report)));
}

function describeWhy(report: WhyReport): string[] {
  const { reasons, faulty_since: since } = report;
  const beginning = since === null ? "" : ` since ${since}`;
  const judgement = reasons.length === 0 ? "nothing is wrong" : `${reasons.join(", ")}${beginning}`;
  return [
    `${report.slot_id}: ${judgement}`,
    `  looked at   ${report.checked_at}`,
    ...describeAllocation(report),
    ...report.evidence.flatMap(({ code, path, expected, found, depth }) => [
      `  ${code} (${depth})`,
      `    read      ${path}`,
      `    expected  ${expected}`,
      `    found     ${found}`,
    ]),
    `  verified    connectivity ${report.verified_at.connectivity ?? "never"}, full ${report.verified_at.full ?? "never"}`,
    ...(report.unsaved_work === null ? [] : [`  unsaved     ${report.unsaved_work.join(", ") || "nothing"}`]),
    ...describeRecovery(report),
    ...report.errors.map(({ code, detail }) => `  error       ${code}: ${detail}`),
  ];
}

function describeAllocation(report: WhyReport): string[] {
  const { state, activity, last_activity_at: lastActivityAt, long_allocation: long } = report;
  const active = activity === null ? "" : `, ${activity}, last activity ${lastActivityAt ?? "unknown"}`;
  return [
    `  state       ${state ?? "unreadable"}${active}`,
    ...(long === null ? [] : [`  allocated   ${long.reason}, ${long.allocated_hours.toFixed(1)} h`]),
    ...(report.isolated_at === null
      ? []
      : [`  isolated    ${report.isolated_at}: ${report.isolation_reason ?? ""}`]),
  ];
}

function describeRecovery({ last_recovery: last }: WhyReport): string[] {
  if (last === null) return [];
  const why = last.reason === undefined ? "" : ` (${last.reason})`;
  const action = `${last.action ?? "a step"}: ${last.outcome ?? "?"}${why}`;
  return [`  recovery    ${last.at} ${action}${last.detail === undefined ? "" : `: ${last.detail}`}`];
}
