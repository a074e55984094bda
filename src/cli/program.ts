import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { CodedError, UsageError } from "../platform/coded-error.ts";
import { commands, type CommandEntry } from "./commands.ts";
import type { Surroundings } from "./subcommand.ts";

const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

/** Runs one command line. @returns the exit code; never throws. */
export async function runProgram(surroundings: Surroundings): Promise<number> {
  const program = createProgram(surroundings);
  const name = surroundings.argv[0] ?? "";
  const entry = commands.find((command) => command.name === name);
  let exitCode: number = exitCodes.done;
  const setExitCode = (code: number): void => {
    exitCode = code;
  };
  try {
    for (const command of commands) {
      if (command === entry) await addCommand(program, command, { surroundings, setExitCode });
      else program.command(command.name).description(command.summary);
    }
    await program.parseAsync(surroundings.argv, { from: "user" });
    return exitCode;
  } catch (error) {
    return reportFailure(error, surroundings);
  }
}

function createProgram(surroundings: Surroundings): Command {
  const program = new Command("repo-pool-sidecar");
  return program
    .description("Watches pools of git workspaces, tells Prometheus, and repairs them without losing work.")
    .version(`repo-pool-sidecar, version ${readVersion()}`, "--version", "print the version")
    .helpOption("--help", "print this help")
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut: surroundings.out, writeErr: surroundings.err })
    .exitOverride();
}

interface Running {
  readonly surroundings: Surroundings;
  readonly setExitCode: (code: number) => void;
}

async function addCommand(
  program: Command,
  entry: CommandEntry,
  { surroundings, setExitCode }: Running,
): Promise<void> {
  const subcommand = await entry.load();
  const command = program.command(entry.name).description(entry.summary);
  command
    .option("--workspaces-dir <dir>", "where the pools are (default: ~/.necrocode/workspaces)")
    .option("--state-dir <dir>", "where our own files are (default: <workspaces-dir>/.repo-pool-sidecar)")
    .option("--config.file <file>", "configuration in YAML")
    .option("--log.level <level>", "debug, info, warn or error (default: info)")
    .option("--log.format <format>", "json, logfmt or pretty (default: logfmt)");
  subcommand.define(command);
  command.action(async () => {
    setExitCode(await subcommand.run({ surroundings, args: command.args, options: command.opts() }));
  });
}

function reportFailure(error: unknown, surroundings: Surroundings): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof CodedError) {
    surroundings.err(`repo-pool-sidecar: ${error.message} (${error.code})\n`);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
  }
  surroundings.err(
    `repo-pool-sidecar: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return exitCodes.failed;
}

function readVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null && "version" in value
    ? String(value.version)
    : "unknown";
}
