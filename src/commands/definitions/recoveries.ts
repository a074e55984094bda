import { withCommonOptions, withExamples, type DefineCommand } from "../program/command-definition.ts";
import type { CommonOptions } from "../program/command-context.ts";

export const defineRecoveries: DefineCommand = (command, context) => {
  command.description("See what waits to be recovered, and decide about what waits for approval.");
  const list = withCommonOptions(command.command("list"))
    .description("What waits or runs, oldest first; `history` has what ended.")
    .action(async (options: CommonOptions) => {
      const { listRecoveries } = await import("../recoveries.ts");
      await listRecoveries(options, context);
    });
  for (const decision of ["approve", "reject"] as const) {
    const deciding = withCommonOptions(command.command(decision))
      .description(decision === "approve" ? "Let a waiting recovery run." : "Drop a waiting recovery.")
      .argument("<id>", "the recovery's id, as `recoveries list` shows it")
      .action(async (recoveryId: string, options: CommonOptions) => {
        const { decide } = await import("../recoveries.ts");
        await decide(recoveryId, decision, { options, context });
      });
    withExamples(deciding, [
      [
        `recoveries ${decision} 3f2a9c1e-7b64-4d0b-9a51-0c8d2f6e4b17`,
        "by the id that `recoveries list` shows",
      ],
    ]);
  }
  withExamples(list, [["recoveries list", "what waits, and for whom"]]);
};
