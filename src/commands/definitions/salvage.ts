import { withCommonOptions, withExamples, type DefineCommand } from "../program/command-definition.ts";
import type { SalvageListOptions, SalvagePruneOptions, SalvageRestoreOptions } from "../salvage.ts";
import type { CommonOptions } from "../program/command-context.ts";

export const defineSalvage: DefineCommand = (command, context) => {
  command.description("Saved work: what is there, how to get it back, and what may go.");
  const list = withCommonOptions(command.command("list"))
    .description("Saved work, oldest first; then what was moved aside whole.")
    .option("--quarantine", "with --json: what was moved aside, instead of what was saved")
    .action(async (options: SalvageListOptions) => {
      const { listSalvage } = await import("../salvage.ts");
      await listSalvage(options, context);
    });
  withExamples(list, [["salvage list", "what can be restored"]]);
  const show = withCommonOptions(command.command("show"))
    .description("What one salvage holds, what could not be saved, and where else the slot's files are.")
    .argument("<id>", "the id that `salvage list` shows")
    .action(async (id: string, options: CommonOptions) => {
      const { showSalvage } = await import("../salvage.ts");
      await showSalvage(id, options, context);
    });
  withExamples(show, [
    ["salvage show 2026-05-04T12-00-00-000Z-0a1b2c3d-workspace-demo-slot1", "look before restoring"],
  ]);
  const restore = withCommonOptions(command.command("restore"))
    .description("Make a git repository of saved work, or of a directory in quarantine.")
    .argument("<id>", "the id that `salvage list` shows")
    .requiredOption("--to <dir>", "a directory that is new or empty, outside the pools")
    .action(async (id: string, options: SalvageRestoreOptions) => {
      const { restoreSalvage } = await import("../salvage.ts");
      await restoreSalvage(id, options, context);
    });
  withExamples(restore, [
    [
      "salvage restore 2026-05-04T12-00-00-000Z-0a1b2c3d-workspace-demo-slot1 --to restored",
      "get an agent's work back",
    ],
  ]);
  const prune = withCommonOptions(command.command("prune"))
    .description(
      "Remove what is older, or takes more space, than salvage.max_age and salvage.max_bytes allow.",
    )
    .option("--dry-run", "say what would go, remove nothing")
    .action(async (options: SalvagePruneOptions) => {
      const { pruneSalvage } = await import("../salvage.ts");
      await pruneSalvage(options, context);
    });
  withExamples(prune, [["salvage prune --dry-run", "what would go"]]);
};
