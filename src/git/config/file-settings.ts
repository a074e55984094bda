import type { GitDirectories } from "../git-directory.ts";
import {
  configValue,
  parseConfigBoolean,
  readGitConfigFile,
  worktreeConfigPath,
  type GitConfig,
} from "./git-config.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/**
 * Settings by which git takes a difference between a file and its entry for none: of rights, of links and of line ends.
 * Not `core.ignoreCase`: by that, a file of another case hides behind a tracked one. They name no program and no path.
 */
const fileSettings: Readonly<Record<string, (value: string) => string | undefined>> = {
  "core.filemode": formatBoolean,
  "core.symlinks": formatBoolean,
  "core.autocrlf": (value) => (value.toLowerCase() === "input" ? "input" : formatBoolean(value)),
  "core.eol": (value) => ["lf", "crlf", "native"].find((known) => known === value.toLowerCase()),
};

/** The lines of `[core]` that a repository has of them; a work tree's own settings win. */
export function listFileSettings(config: GitConfig, { gitDirectory }: GitDirectories): string[] {
  const own = readWorktreeConfig(config, gitDirectory);
  return Object.entries(fileSettings).flatMap(([key, format]) => {
    const value = (own && configValue(own, key)) ?? configValue(config, key);
    const formatted = value === undefined ? undefined : format(value);
    return formatted === undefined ? [] : [`${key.slice("core.".length)} = ${formatted}`];
  });
}

/** The settings of this work tree alone. Undefined if it has none that git reads. */
export function readWorktreeConfig(config: GitConfig, gitDirectory: string): GitConfig | undefined {
  if (parseConfigBoolean(configValue(config, "extensions.worktreeconfig") ?? "false") !== true)
    return undefined;
  const reading = readGitConfigFile(uncachedReader, worktreeConfigPath(gitDirectory));
  return reading.kind === "valid" ? reading.config : undefined;
}

function formatBoolean(value: string): string | undefined {
  return parseConfigBoolean(value)?.toString();
}
