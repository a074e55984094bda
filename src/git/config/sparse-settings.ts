import type { GitDirectories } from "../git-directory.ts";
import { readWorktreeConfig } from "./file-settings.ts";
import { configValue, parseConfigBoolean, readGitConfig } from "./git-config.ts";

/**
 * The `-c` settings by which git leaves files out of a work tree, as its `info/sparse-checkout` says; none if it leaves out
 * nothing. They name no program and no path.
 */
export function listSparseSettings({ gitDirectory, commonDirectory }: GitDirectories): string[] {
  const config = readGitConfig(commonDirectory);
  if (config === undefined) return [];
  const own = readWorktreeConfig(config, gitDirectory);
  const read = (name: string): boolean | undefined => {
    const value = (own && configValue(own, name)) ?? configValue(config, name);
    return value === undefined ? undefined : parseConfigBoolean(value);
  };
  if (read("core.sparsecheckout") !== true) return [];
  const isCone = read("core.sparsecheckoutcone");
  return ["core.sparseCheckout=true", ...(isCone === undefined ? [] : [`core.sparseCheckoutCone=${isCone}`])];
}
