import { InvalidArgumentError, Option, type Command } from "commander";
import type { CommandContext } from "./command-context.ts";

/**
 * Gives a subcommand its description, options, examples and action. One file of commands/ has everything about one
 * subcommand, or a group such as `salvage ...`: its definition, what it runs, and what it prints. At its top it imports
 * only what is light (program/, terminal/, views, types); the action imports the code that does the work, so that
 * `--help` and a wrong flag cost nothing:
 *
 *     export const defineHistory: DefineCommand = (command, context) => {
 *       withCommonOptions(command)
 *         .description("The steps of recoveries, oldest first.")
 *         .argument("[slot]", "only this slot")
 *         .action((slotId: string | undefined, options: CommonOptions) => history(slotId, options, context));
 *       withExamples(command, [["history workspace-demo-slot1", "what became of one slot"]]);
 *     };
 *
 *     async function history(slotId: string | undefined, options: CommonOptions, context: CommandContext) {
 *       const { Journal } = await import("../journal/journal.ts");
 *       ...
 *     }
 *
 * Every option gets its environment variable by itself (environment.ts).
 */
export type DefineCommand = (command: Command, context: CommandContext) => void;

/** Arguments behind the program's name, and what they are for. */
export type Example = readonly [command: string, purpose: string];

/** The options that every subcommand has. */
export function withCommonOptions(command: Command): Command {
  return command
    .option("--workspaces-dir <dir>", "the directory that holds the pools", parseText)
    .option("--state-dir <dir>", "the directory for the sidecar's own files", parseText)
    .option("--config.file <file>", "a YAML configuration file", parseText)
    .option("--json", "print JSON")
    .addOption(new Option("--log.level <level>", "what to log").choices(["debug", "info", "warn", "error"]))
    .addOption(new Option("--log.format <format>", "how to log").choices(["json", "logfmt", "pretty"]));
}

/** Shown by `--help`, checked by a test that runs each of them, and part of docs/cli.md. */
export function withExamples(command: Command, examples: readonly Example[]): Command {
  const lines = examples.flatMap(([example, purpose]) => [
    `  # ${purpose}`,
    `  $ repo-pool-sidecar ${example}`,
  ]);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

/** For an option's value: an empty one is a variable of a script that was not set. */
export function parseText(text: string): string {
  if (text.trim() !== "") return text;
  throw new InvalidArgumentError("Expected some text.");
}

/** For an option's value. */
export function parsePositiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("Expected a number above zero.");
}

/** For an option's value. */
export function parsePositiveInteger(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("Expected a whole number above zero.");
}
