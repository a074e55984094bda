import type { StdioOptions } from "node:child_process";
import type { GitCommand } from "./git-command.ts";
import { recoveryIdVariable, type GitScope } from "./git-scope.ts";
import { trustedPath } from "./git-version.ts";
import {
  neutralSettings,
  readNetworkEnvironment,
  readSettingsEnvironment,
  stalledTransferSettings,
  withoutHooksSettings,
  type Environment,
} from "./user-environment.ts";

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
    ...[...settings, ...trustedSettings(command), ...(command.settings ?? [])].flatMap((setting) => [
      "-c",
      setting,
    ]),
    ...(command.gitDirectory === undefined ? [] : [`--git-dir=${command.gitDirectory}`]),
    ...(command.workTree === undefined ? [] : [`--work-tree=${command.workTree}`]),
    ...command.args,
  ];
}

function trustedSettings({ trusts }: GitCommand): readonly string[] {
  return trusts === "network"
    ? [...neutralSettings, ...withoutHooksSettings, ...stalledTransferSettings]
    : [];
}

/** The whole environment: of our own process's, only what the command trusts reaches git. */
export function gitEnvironment(
  command: GitCommand,
  scope: GitScope | undefined,
  own: Environment = process.env,
): Record<string, string> {
  return {
    PATH: trustedPath,
    HOME: "/nonexistent",
    GIT_ASKPASS: "/bin/false",
    SSH_ASKPASS: "/bin/false",
    ...trustedEnvironment(command, own),
    LC_ALL: "C",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CEILING_DIRECTORIES: "/",
    GIT_ALLOW_PROTOCOL: (command.allowedProtocols ?? []).join(":"),
    ...(scope === undefined ? {} : { [recoveryIdVariable]: scope.recoveryId }),
    ...command.env,
  };
}

function trustedEnvironment({ trusts }: GitCommand, own: Environment): Record<string, string> {
  switch (trusts) {
    case undefined:
      return { GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" };
    case "settings":
      return readSettingsEnvironment(own);
    case "network":
      return readNetworkEnvironment(own);
  }
}

/**
 * Git leads a process group of its own, so that all that it starts can be ended, and inherits the scope's locks. One that
 * speaks to a remote writes into no slot: it inherits none, because it may wait for the remote after the program is killed.
 */
export function gitProcessOptions(
  command: GitCommand,
  scope: GitScope | undefined,
  stdin: "pipe" | "ignore",
): { cwd: string; detached: true; stdio: StdioOptions } {
  return {
    cwd: command.cwd ?? "/",
    detached: true,
    stdio: [
      stdin,
      "pipe",
      "pipe",
      ...(command.trusts === "network" ? [] : (scope?.inheritedDescriptors ?? [])),
    ],
  };
}
