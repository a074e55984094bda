import { resolveConfig } from "../config/resolve-config.ts";
import type { SidecarConfig } from "../config/sidecar-config.ts";
import { textOption, type Invocation } from "./subcommand.ts";

/** The configuration in force for a command. @throws UsageError that lists every problem. */
export function commandConfig(invocation: Invocation): Promise<SidecarConfig> {
  const { env, homeDirectory } = invocation.surroundings;
  return resolveConfig({
    flags: {
      workspacesDir: textOption(invocation, "workspacesDir"),
      stateDir: textOption(invocation, "stateDir"),
      configFile: textOption(invocation, "config.file"),
    },
    env,
    homeDirectory,
  });
}
