import type { Command } from "commander";
import { loadConfig } from "../config/load-config.ts";
import type { SidecarConfig } from "../config/sidecar-config.ts";
import { UsageError } from "../platform/coded-error.ts";

/** What a subcommand gets from the process that it runs in. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  /** Text for standard output. */
  print(text: string): void;
  /** Text for standard error. */
  warn(text: string): void;
  setExitCode(code: number): void;
}

export interface CommonOptions {
  readonly workspacesDir?: string;
  readonly stateDir?: string;
  readonly "config.file"?: string;
  readonly json?: boolean;
}

/** The options that every subcommand has. */
export function withCommonOptions(command: Command): Command {
  return command
    .option("--workspaces-dir <dir>", "the directory that holds the pools")
    .option("--state-dir <dir>", "where the sidecar keeps its own files")
    .option("--config.file <file>", "a YAML configuration file")
    .option("--json", "print JSON");
}

/** @throws UsageError `CONFIG_INVALID` with every problem of the configuration. */
export async function configOf(options: CommonOptions, context: CommandContext): Promise<SidecarConfig> {
  const loaded = await loadConfig({
    flags: {
      workspacesDir: options.workspacesDir,
      stateDir: options.stateDir,
      configFile: options["config.file"],
    },
    env: context.env,
    homeDirectory: context.homeDirectory,
  });
  if (loaded.kind === "valid") return loaded.config;
  throw new UsageError("CONFIG_INVALID", loaded.problems.join("\n"));
}

/** @throws UsageError `OPTION_INVALID` where the text is no number above zero. */
export function parsePositiveNumber(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError("OPTION_INVALID", `${JSON.stringify(text)} is not a number above zero`);
}
