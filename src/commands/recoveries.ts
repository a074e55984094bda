import { commandOperator } from "../journal/command-operator.ts";
import { describePlan } from "../views/plan-lines.ts";
import { createWaitingRecoveryReport, type WaitingRecoveryReport } from "../views/waiting-recovery-report.ts";
import { configOf, printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";
import { printableLines } from "./terminal/printable.ts";
import { formatTable } from "./terminal/table.ts";

type Decision = "approve" | "reject";

export const defineRecoveries: DefineCommand = (command, context) => {
  command.description("See what waits to be recovered, and decide about what waits for approval.");
  const list = withCommonOptions(command.command("list"))
    .description("What waits or runs, oldest first; `history` has what ended.")
    .action((options: CommonOptions) => listRecoveries(options, context));
  withExamples(list, [["recoveries list", "what waits, and for whom"]]);
  for (const decision of ["approve", "reject"] as const) {
    const deciding = withCommonOptions(command.command(decision))
      .description(decision === "approve" ? "Let a waiting recovery run." : "Drop a waiting recovery.")
      .argument("<id>", "the recovery's id, as `recoveries list` shows it, or its beginning")
      .action((beginning: string, options: CommonOptions) =>
        decide({ beginning, decision }, options, context),
      );
    withExamples(deciding, [
      [`recoveries ${decision} 3f2a9c1e`, "by the beginning of the id that `recoveries list` shows"],
    ]);
  }
};

async function listRecoveries(options: CommonOptions, context: CommandContext): Promise<void> {
  const { configWithState } = await import("./program/open-directories.ts");
  const { stateDir, remediation } = await configWithState(options, context);
  const { readWaitingRecoveries } = await import("../remediation/approvals/waiting-recoveries.ts");
  const { approvalTimeoutSeconds } = remediation;
  const recoveries = readWaitingRecoveries(stateDir).map(({ record, decided }) =>
    createWaitingRecoveryReport(record, { approvalTimeoutSeconds, decided }),
  );
  await printResult(recoveries, options, context, () => describeRecoveries(recoveries, context));
}

async function describeRecoveries(
  recoveries: readonly WaitingRecoveryReport[],
  { terminal }: CommandContext,
): Promise<string> {
  if (recoveries.length === 0) return "nothing waits or runs";
  const rows = recoveries.map(({ id, status, dry_run, target, requested_by, expires_at }) => [
    id,
    dry_run ? `${status} (dry run)` : status,
    target,
    requested_by,
    expires_at ?? "",
  ]);
  const table = await formatTable(terminal, ["ID", "STATUS", "TARGET", "ASKED BY", "EXPIRES"], rows);
  const plans = recoveries.flatMap(({ id, plan }) =>
    plan === null || plan.length === 0 ? [] : [`${id} would do:`, ...describePlan(plan)],
  );
  return plans.length === 0 ? table : `${table}\n\n${printableLines(plans)}`;
}

/** Works with no `serve` running: the decision waits for the next one. */
async function decide(
  { beginning, decision }: { beginning: string; decision: Decision },
  options: CommonOptions,
  context: CommandContext,
): Promise<void> {
  const { stateDir, remediation } = await configOf(options, context);
  const { submitDecision } = await import("../remediation/approvals/waiting-recoveries.ts");
  const recoveryId = submitDecision(
    { recoveryId: beginning, decision, operator: commandOperator(), at: new Date() },
    { stateDir, approvalTimeoutSeconds: remediation.approvalTimeoutSeconds },
  );
  const text =
    decision === "approve"
      ? "approved: serve runs it within a second, or when it next starts"
      : "rejected: it will not run";
  await printResult({ recovery_id: recoveryId, decision }, options, context, () => text);
}
