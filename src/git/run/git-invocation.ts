import type { StdioOptions } from "node:child_process";
import type { GitCommand } from "./git-command.ts";
import { recoveryIdVariable, type GitScope } from "./git-scope.ts";

/** `-c` settings of every command: they outrank what the repository's own configuration names. */
const settings = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  // A fetch asks the store that it borrows from for its refs, with a git that reads that repository's configuration.
  "core.alternateRefsCommand=true",
  "gc.auto=0",
  "maintenance.auto=false",
];

/** The whole command line, without `git` itself. */
export function gitArguments(command: GitCommand): string[] {
  return [
    "--no-pager",
    ...[...settings, ...(command.settings ?? [])].flatMap((setting) => ["-c", setting]),
    ...(command.gitDirectory === undefined ? [] : [`--git-dir=${command.gitDirectory}`]),
    ...(command.workTree === undefined ? [] : [`--work-tree=${command.workTree}`]),
    ...command.args,
  ];
}

/** The whole environment: nothing of our own process's reaches git. */
export function gitEnvironment(command: GitCommand, scope: GitScope | undefined): Record<string, string> {
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    HOME: "/nonexistent",
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "/bin/false",
    SSH_ASKPASS: "/bin/false",
    GIT_CEILING_DIRECTORIES: "/",
    GIT_ALLOW_PROTOCOL: (command.allowedProtocols ?? []).join(":"),
    ...(scope === undefined ? {} : { [recoveryIdVariable]: scope.recoveryId }),
    ...command.env,
  };
}

/** Git leads a process group of its own, so that all that it starts can be ended, and inherits the scope's locks. */
export function gitProcessOptions(
  command: GitCommand,
  scope: GitScope | undefined,
  stdin: "pipe" | "ignore",
): { cwd: string; detached: true; stdio: StdioOptions } {
  return {
    cwd: command.cwd ?? "/",
    detached: true,
    stdio: [stdin, "pipe", "pipe", ...(scope?.inheritedDescriptors ?? [])],
  };
}
