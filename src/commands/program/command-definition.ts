import { InvalidArgumentError, Option, type Command } from "commander";
import type { CommandContext } from "./command-context.ts";

/**
 * Gives a subcommand its description, options, examples and action. Definitions live in `definitions/`, one file for
 * each subcommand (or for a group such as `salvage …`), and are listed in commands.ts. `--help` loads nothing more
 * than them, so they import at run time this file alone; the action imports what it needs:
 *
 *     export const defineIsolate: DefineCommand = (command, context) => {
 *       withCommonOptions(command)
 *         .description("take a slot out of rotation")
 *         .argument("<slot>", "the slot's slot_id")
 *         .action(async (slotId: string, options: IsolateOptions) => {
 *           const { isolate } = await import("../isolate.ts");
 *           await isolate(slotId, options, context);
 *         });
 *       withExamples(command, [["isolate workspace-demo-slot3 --reason 'disk errors'", "keep a slot from agents"]]);
 *     };
 *
 * Every option gets its environment variable by itself (environment.ts).
 */
export type DefineCommand = (command: Command, context: CommandContext) => void;

/** Arguments behind the program's name, and what they are for. */
export type Example = readonly [command: string, purpose: string];

/** The options that every subcommand has. */
export function withCommonOptions(command: Command): Command {
  return command
    .option("--workspaces-dir <dir>", "the directory that holds the pools")
    .option("--state-dir <dir>", "where the sidecar keeps its own files")
    .option("--config.file <file>", "a YAML configuration file")
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
