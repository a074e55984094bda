import { join } from "node:path";
import { runCommand } from "../../src/commands/commands.ts";
import type { AgentTrees } from "./agent-trees.ts";

export interface CommandResult {
  readonly exitCode: number;
  readonly printed: string;
  readonly warned: string;
}

/** As a new user runs it: no configuration, no workspaces directory. */
export function runWithoutConfig(trees: Pick<AgentTrees, "root">, ...args: string[]): Promise<CommandResult> {
  return runInTerminal(trees, 100, args);
}

export async function runInTerminal(
  trees: Pick<AgentTrees, "root">,
  columns: number,
  args: readonly string[],
): Promise<CommandResult> {
  const printed: string[] = [];
  const warned: string[] = [];
  const terminal = { columns, hasColours: false, isInteractive: false };
  const exitCode = await runCommand(args, {
    env: {},
    homeDirectory: join(trees.root, "home"),
    program: {
      ...{ version: "0", revision: "x", nodeVersion: "20", platform: "linux/x64" },
      ...{ runbooksDir: "", invocation: "repo-pool-sidecar" },
    },
    terminal,
    errorTerminal: terminal,
    print: (text) => printed.push(text),
    warn: (text) => warned.push(text),
  });
  return { exitCode, printed: printed.join("\n"), warned: warned.join("\n") };
}
