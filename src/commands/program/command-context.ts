import type { CheckError } from "../../inspection/inspection-result.ts";
import type { LoadedConfig } from "../../config/load-config.ts";
import type { SidecarConfig } from "../../config/sidecar-config.ts";
import { UsageError } from "../../platform/coded-error.ts";
import type { PoolManager } from "../../pool-manager.ts";
import { printable, printableJson } from "../terminal/printable.ts";
import type { ProgramInfo } from "./program-info.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** What a subcommand gets from the process that it runs in. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  readonly program: ProgramInfo;
  /** Standard output: tables are fitted to it, and colours depend on it. */
  readonly terminal: Terminal;
  /** Standard error: progress is shown there, so that it never mixes with a result. */
  readonly errorTerminal: Terminal;
  /** Text for standard output, whole lines. Text of a slot goes through `printable` first. */
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
  readonly "log.level"?: "debug" | "info" | "warn" | "error";
  readonly "log.format"?: "json" | "logfmt" | "pretty";
}

/** What flags, environment and files say now. */
export async function readConfig(options: CommonOptions, context: CommandContext): Promise<LoadedConfig> {
  const { loadConfig } = await import("../../config/load-config.ts");
  return loadConfig({
    flags: {
      workspacesDir: options.workspacesDir,
      stateDir: options.stateDir,
      configFile: options["config.file"],
    },
    env: context.env,
    homeDirectory: context.homeDirectory,
  });
}

/** @throws UsageError `CONFIG_INVALID` with every problem of the configuration. */
export async function configOf(options: CommonOptions, context: CommandContext): Promise<SidecarConfig> {
  const loaded = await readConfig(options, context);
  if (loaded.kind === "valid") return loaded.config;
  throw new UsageError("CONFIG_INVALID", loaded.problems.join("\n"));
}

export interface OpenedPools {
  readonly config: SidecarConfig;
  readonly manager: PoolManager;
}

/** The pools of the configuration in force. @throws UsageError as `configOf` */
export async function openPools(options: CommonOptions, context: CommandContext): Promise<OpenedPools> {
  const config = await configOf(options, context);
  const { PoolManager } = await import("../../pool-manager.ts");
  return { config, manager: new PoolManager({ config }) };
}

/**
 * Prints a value as JSON if `--json` asks for it, else the text for people:
 * `await printResult(report, options, context, () => printableLines(describe(report)))`.
 */
export async function printResult(
  value: unknown,
  { json }: CommonOptions,
  context: Pick<CommandContext, "print">,
  describe: () => string | Promise<string>,
): Promise<void> {
  context.print(json === true ? printableJson(value) : await describe());
}

/** Says on standard error what could not be looked at, if the result has no place for it, and ends with 1. */
export function reportErrors(
  { errors }: { readonly errors: readonly CheckError[] },
  context: Pick<CommandContext, "warn" | "setExitCode">,
): void {
  for (const { code, detail } of errors) context.warn(printable(`${code}: ${detail}`));
  if (errors.length > 0) context.setExitCode(1);
}
