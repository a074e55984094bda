import { stateDirectoryOf } from "../../config/default-config.ts";
import type { SidecarConfig } from "../../config/sidecar-config.ts";

/** What an operator types to get saved work back, wherever his shell and his environment are. */
export function restoreCommand(id: string, { workspacesDir, stateDir }: SidecarConfig): string {
  const isUsualStateDir = stateDir === stateDirectoryOf(workspacesDir);
  const places = [
    "--workspaces-dir",
    shellWord(workspacesDir),
    ...(isUsualStateDir ? [] : ["--state-dir", shellWord(stateDir)]),
  ];
  return ["repo-pool-sidecar salvage restore", shellWord(id), ...places, "--to DIR"].join(" ");
}

function shellWord(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
