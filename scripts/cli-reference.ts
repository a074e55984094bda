import type { Command, Option } from "commander";
import { format } from "prettier";
import type { CommandContext } from "../src/commands/program/command-context.ts";
import { createProgram } from "../src/commands/commands.ts";
import { environmentVariableOf } from "../src/commands/program/environment.ts";

const introduction = `# The command line

<!-- Generated from src/commands by \`npm run docs:generate\`; do not edit. -->

Every subcommand but \`serve\` works with no server running. It prints tables for people, or JSON with \`--json\`; the JSON is stable. Colours are for terminals alone (\`NO_COLOR\` and \`FORCE_COLOR\` are respected). Progress goes to standard error if that is a terminal. Control and direction characters in names from a slot (branch, path, metadata) are made visible.

Exit codes: 0 done, 1 something failed or could not be looked at, 2 wrong usage or configuration, 3 \`check\` found anomalies, 4 a pause, a lock or a guard refused \`recover\` or \`reclaim\`, and nothing failed.

The package brings a manual page, which npm installs (\`man repo-pool-sidecar\`), and completions in its folder \`shell\`:

| shell | goes to |
| --- | --- |
| bash | \`repo-pool-sidecar.bash\` to \`/usr/share/bash-completion/completions/repo-pool-sidecar\` |
| zsh | \`_repo-pool-sidecar\` to a directory of \`$fpath\` |
| fish | \`repo-pool-sidecar.fish\` to \`/usr/share/fish/vendor_completions.d/\` |

For editors, \`config schema\` prints the JSON Schema of the configuration file.

## Flags and the environment

Each flag has an environment variable: \`REPO_POOL_SIDECAR_\` and the flag in capitals, with \`_\` for \`.\` and \`-\`. Lists are separated by commas; a flag without a value takes \`true\`, \`false\`, \`1\` or \`0\`; an empty variable counts as not set. Flags win, then the environment, then the file of \`--config.file\`. A bad value is wrong usage and names its variable.
`;

const unused = (): void => undefined;
const terminal = { isInteractive: false, hasColours: false, columns: 100 };
export const describingContext: CommandContext = {
  env: {},
  homeDirectory: "/home/user",
  program: { version: "", revision: "", nodeVersion: "", platform: "", runbooksDir: "", invocation: "" },
  terminal,
  errorTerminal: terminal,
  print: unused,
  warn: unused,
  setExitCode: unused,
};

/** Every subcommand that can be run, as its words and its definition. */
export async function listCommands(): Promise<{ words: string; command: Command }[]> {
  const program = await createProgram(describingContext, () => true);
  return flatten(program, "");
}

function flatten(parent: Command, prefix: string): { words: string; command: Command }[] {
  return parent.commands.flatMap((command) => {
    const words = `${prefix}${command.name()}`;
    return command.commands.length === 0 ? [{ words, command }] : flatten(command, `${words} `);
  });
}

/** The page docs/cli.md. */
export async function renderCliReference(): Promise<string> {
  const sections = (await listCommands()).map(({ words, command }) => describeCommand(words, command));
  return format(`${introduction}\n${sections.join("\n")}`, { parser: "markdown", printWidth: 110 });
}

function describeCommand(words: string, command: Command): string {
  const names = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name();
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  const rows = command.options.map((option) => `| ${describeOption(option).join(" | ")} |`);
  const table = ["| flag | variable | meaning |", "| --- | --- | --- |", ...rows].join("\n");
  const usage = ["repo-pool-sidecar", words, ...names, "[options]"].join(" ");
  return `## ${words}\n\n${command.description()}\n\n\`\`\`text\n${usage}\n\`\`\`\n\n${table}\n${describeExamples(command)}\n`;
}

function describeOption(option: Option): string[] {
  const choices = option.argChoices === undefined ? "" : ` (${option.argChoices.join(", ")})`;
  const variable = environmentVariableOf(option);
  return [
    `\`${option.flags}\``,
    variable === undefined ? "" : `\`${variable}\``,
    `${option.description}${choices}`,
  ].map((text) => text.replaceAll("|", "\\|"));
}

/** The examples of a subcommand's `--help`. */
export function examplesOf(help: string): string[] {
  return help.split("\n").flatMap((line) => /^ {2}\$ (repo-pool-sidecar .*)$/.exec(line)?.[1] ?? []);
}

function describeExamples(command: Command): string {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  const lines = help.slice(help.indexOf("\nExamples:")).split("\n").slice(2);
  const block = lines.map((line) => line.replace(/^ {2}(?:\$ )?/, "")).join("\n");
  return `\n\`\`\`sh\n${block.trim()}\n\`\`\`\n`;
}
