import { stateDirectoryOf } from "../../config/default-config.ts";
import type { SidecarConfig } from "../../config/sidecar-config.ts";
import { shellWord } from "../../platform/shell-word.ts";

type Places = Pick<SidecarConfig, "workspacesDir" | "stateDir">;

/** What an operator types, wherever his shell and his environment are. `program` is how a shell starts it. */
export function commandLine(
  program: string,
  words: readonly string[],
  { workspacesDir, stateDir }: Places,
): string {
  const isUsualStateDir = stateDir === stateDirectoryOf(workspacesDir);
  const places = ["--workspaces-dir", workspacesDir, ...(isUsualStateDir ? [] : ["--state-dir", stateDir])];
  return [program, ...[...words, ...places].map(shellWord)].join(" ");
}
