import { createAlertmanagerConfig, parseHost, readTargetsFile } from "./alertmanager-config.ts";
import { UsageError } from "../platform/coded-error.ts";
import type { CommandContext, CommonOptions } from "./program/command-context.ts";

export interface AlertmanagerConfigFlags extends CommonOptions {
  readonly targets?: string;
  readonly credentialsFile: string;
}

/** Prints YAML to be put into Alertmanager's own configuration. */
export async function alertmanagerConfig(
  hosts: readonly string[],
  options: AlertmanagerConfigFlags,
  context: CommandContext,
): Promise<void> {
  const fromFile = options.targets === undefined ? [] : await readTargetsFile(options.targets);
  const all = [...fromFile, ...hosts.map(parseHost)];
  if (all.length === 0) throw new UsageError("TARGETS_INVALID", "name a host, or a file with --targets FILE");
  context.print(createAlertmanagerConfig({ hosts: all, credentialsFile: options.credentialsFile }));
}
