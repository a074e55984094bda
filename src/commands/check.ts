import type { CheckReport } from "../views/check-report.ts";
import { runCheck, type CheckResult } from "./run-check.ts";
import { printableLines } from "./terminal/printable.ts";
import { configOf, printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";

export interface CheckOptions extends CommonOptions {
  readonly deep?: boolean;
  readonly pool?: string;
  readonly maxAllocationHours?: number;
}

export async function check(options: CheckOptions, context: CommandContext): Promise<void> {
  const { report, exitCode } = await lookWithProgress(options, context);
  printResult(report, options, context, () => printableLines(describeCheck(report)));
  context.setExitCode(exitCode);
}

/** Only deep checks take long enough for a bar to be seen. */
async function lookWithProgress(options: CheckOptions, context: CommandContext): Promise<CheckResult> {
  const { deep = false, pool, maxAllocationHours } = options;
  const config = await configOf(options, context);
  const scope = { deep, pool, maxAllocationHours };
  if (!deep) return runCheck(config, scope);
  const { startProgress } = await import("./terminal/progress.ts");
  const progress = await startProgress(context.errorTerminal, "Checking repositories");
  try {
    return await runCheck(config, scope, (doneCount, totalCount) => {
      progress.update({ doneCount, totalCount, detail: "" });
    });
  } finally {
    progress.stop();
  }
}

function describeCheck(report: CheckReport): string[] {
  const findings = [...describePools(report), ...describeAnomalies(report), ...describeErrors(report)];
  const anomalyCount =
    report.long_allocated_slots.length + report.corrupted_slots.length + report.orphaned_locks.length;
  return [...findings, anomalyCount === 1 ? "1 anomaly" : `${anomalyCount || "no"} anomalies`];
}

function describePools(report: CheckReport): string[] {
  return report.pools.flatMap((pool) => {
    const states = Object.entries(pool.states).map(([state, count]) => `${count} ${state}`);
    const problems = pool.problems.map(({ code, detail }) => `  problem    ${code}: ${detail}`);
    return [`${pool.repo_name} (${pool.layout}): ${states.join(", ") || "no slots"}`, ...problems];
  });
}

function describeAnomalies(report: CheckReport): string[] {
  return [
    ...report.long_allocated_slots.map(
      (slot) =>
        `  allocated  ${slot.slot_id}: ${slot.reason}, ${hours(slot.allocated_hours)}, ${slot.activity}`,
    ),
    ...report.corrupted_slots.map(
      (slot) => `  corrupted  ${slot.slot_id}: ${slot.reasons.join(", ")}: ${slot.detail}`,
    ),
    ...report.orphaned_locks.map(
      (lock) => `  lock       ${lock.slot_id}: ${lock.reason}, ${hours(lock.age_hours)}`,
    ),
    ...report.isolated_slots.map((slot) => `  isolated   ${slot.slot_id}: ${slot.isolation_reason}`),
  ];
}

function describeErrors(report: CheckReport): string[] {
  return report.errors.map(({ code, detail }) => `  error      ${code}: ${detail}`);
}

function hours(value: number | undefined): string {
  return value === undefined ? "age unknown" : `${value.toFixed(1)} h`;
}
