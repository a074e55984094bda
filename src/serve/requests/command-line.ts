import { stateDirectoryOf } from "../../config/default-config.ts";
import type { SidecarConfig } from "../../config/sidecar-config.ts";
import { shellWord } from "../../platform/shell-word.ts";
import { includesManaged } from "../../pool/sources/read-sources.ts";

type Places = Pick<SidecarConfig, "workspacesDir" | "stateDir" | "sources">;

/** How `serve` was started. */
export interface Invocation {
  /** How a shell starts the program. */
  readonly program: string;
  /** Absolute; undefined without a configuration file. */
  readonly configFile: string | undefined;
}

/** The command that an operator types, in any directory and environment. */
export function commandLine(invocation: Invocation, words: readonly string[], places: Places): string {
  return [invocation.program, ...[...words, ...placeFlags(invocation, places)].map(shellWord)].join(" ");
}

/** Only the configuration file names sources, and their state directory depends on whose home it is. */
function placeFlags({ configFile }: Invocation, { workspacesDir, stateDir, sources }: Places): string[] {
  const isUsualStateDir = sources.length === 0 && stateDir === stateDirectoryOf(workspacesDir);
  return [
    ...(sources.length > 0 && configFile !== undefined ? ["--config.file", configFile] : []),
    ...(includesManaged(sources) ? ["--workspaces-dir", workspacesDir] : []),
    ...(isUsualStateDir ? [] : ["--state-dir", stateDir]),
  ];
}
