import type { Command, Option } from "commander";
import { asError, UsageError } from "../../platform/coded-error.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** `REPO_POOL_SIDECAR_WEB_LISTEN_ADDRESS` for `--web.listen-address`. */
export function environmentVariableOf(option: Option): string | undefined {
  if (option.long === undefined || option.long === "--help" || option.long === "--version") return undefined;
  const flag = option.long.replace(/^--(no-)?/, "");
  return `REPO_POOL_SIDECAR_${flag.toUpperCase().replaceAll(/[.-]/g, "_")}`;
}

/**
 * Makes every option of the subcommands below take its value from the environment if no flag gives one.
 * Lists are separated by commas; an option without a value takes `true`, `false`, `1` or `0`; an empty variable is none.
 * The subcommand's run throws UsageError `ENVIRONMENT_INVALID`, which names the variable, if a value is bad.
 */
export function readEnvironment(parent: Command, env: Environment): void {
  // Before the subcommand's own flags are read, so that they overwrite what is set here.
  parent.hook("preSubcommand", (_parent, subcommand) => {
    for (const option of subcommand.options) applyVariable(subcommand, option, env);
  });
  for (const child of parent.commands) readEnvironment(child, env);
}

function applyVariable(command: Command, option: Option, env: Environment): void {
  const variable = environmentVariableOf(option);
  const text = variable === undefined ? undefined : env[variable];
  if (variable === undefined || text === undefined || text === "") return;
  try {
    const value = parseValue(option, text);
    // Commander appends to a list unless it is the default one.
    if (option.variadic) option.defaultValue = value;
    command.setOptionValueWithSource(option.attributeName(), value, "env");
  } catch (error) {
    const { message } = asError(error);
    throw new UsageError("ENVIRONMENT_INVALID", `${variable}=${JSON.stringify(text)}: ${message}`);
  }
}

function parseValue(option: Option, text: string): unknown {
  if (option.isBoolean() || option.negate) return parseBoolean(text);
  const parse: (value: string, previous: unknown) => unknown = option.parseArg ?? ((value) => value);
  if (!option.variadic) return parse(text, undefined);
  // The parser of a list appends to the parts before.
  return text.split(",").flatMap((part) => parse(part.trim(), undefined));
}

function parseBoolean(text: string): boolean {
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw new Error("expected true, false, 1 or 0");
}
