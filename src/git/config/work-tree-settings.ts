import type { GitDirectories } from "../git-directory.ts";
import {
  configValue,
  hasWorktreeConfig,
  parseConfigBoolean,
  readGitConfig,
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

/** The lines of `[core]` that a repository has of them, as they count in this work tree. */
export function listFileSettings(config: GitConfig, { gitDirectory }: GitDirectories): string[] {
  const read = readerOfSettings(config, gitDirectory);
  return Object.entries(fileSettings).flatMap(([key, format]) => {
    const value = read(key);
    const formatted = value === undefined ? undefined : format(value);
    return formatted === undefined ? [] : [`${key.slice("core.".length)} = ${formatted}`];
  });
}

/**
 * The `-c` settings by which git leaves files out of a work tree, as its `info/sparse-checkout` says; none if it leaves out
 * nothing. They name no program and no path.
 */
export function listSparseSettings({ gitDirectory, commonDirectory }: GitDirectories): string[] {
  const config = readGitConfig(commonDirectory);
  if (config === undefined) return [];
  const read = readerOfSettings(config, gitDirectory);
  if (formatBoolean(read("core.sparsecheckout")) !== "true") return [];
  const isCone = formatBoolean(read("core.sparsecheckoutcone"));
  return ["core.sparseCheckout=true", ...(isCone === undefined ? [] : [`core.sparseCheckoutCone=${isCone}`])];
}

/** Gives the value that counts in one work tree: its own settings win over the repository's. */
function readerOfSettings(config: GitConfig, gitDirectory: string): (key: string) => string | undefined {
  const reading = hasWorktreeConfig(config)
    ? readGitConfigFile(uncachedReader, worktreeConfigPath(gitDirectory))
    : undefined;
  const own = reading?.kind === "valid" ? reading.config : undefined;
  return (key) => (own && configValue(own, key)) ?? configValue(config, key);
}

function formatBoolean(value: string | undefined): string | undefined {
  return value === undefined ? undefined : parseConfigBoolean(value)?.toString();
}
