import { decideRecovery, listWaitingRecoveries } from "./run-recoveries.ts";
import { configOf, printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";

export async function listRecoveries(options: CommonOptions, context: CommandContext): Promise<void> {
  const recoveries = listWaitingRecoveries(await configOf(options, context));
  if (recoveries.length === 0 && options.json !== true) {
    context.print("nothing waits or runs");
    return;
  }
  const { formatTable } = await import("./terminal/table.ts");
  printResult(recoveries, options, context, () =>
    formatTable(
      context.terminal,
      ["ID", "STATUS", "TARGET", "ASKED BY", "EXPIRES"],
      recoveries.map((recovery) => [
        recovery.id,
        recovery.dry_run ? `${recovery.status} (dry run)` : recovery.status,
        recovery.target,
        recovery.requested_by,
        recovery.expires_at ?? "",
      ]),
    ),
  );
}

export async function decide(
  recoveryId: string,
  decision: "approve" | "reject",
  { options, context }: { options: CommonOptions; context: CommandContext },
): Promise<void> {
  decideRecovery(await configOf(options, context), recoveryId, decision);
  const text =
    decision === "approve"
      ? "approved: serve runs it within a second, or when it next starts"
      : "rejected: it will not run";
  printResult({ recovery_id: recoveryId, decision }, options, context, () => text);
}
