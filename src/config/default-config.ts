import { join } from "node:path";
import { defaultSettings } from "./default-settings.ts";
import { defaultLending } from "./lending-settings.ts";
import type { FileSettings, SidecarConfig } from "./sidecar-config.ts";

/** All defaults, without loading a YAML reader or a schema: most commands need nothing more. */
export function createDefaultConfig(homeDirectory: string): SidecarConfig {
  return completeSettings(defaultSettings, homeDirectory);
}

/** With `~` resolved, and with what the file does not say itself. */
export function completeSettings(settings: FileSettings, homeDirectory: string): SidecarConfig {
  const path = (written: string): string =>
    written === "~" || written.startsWith("~/") ? join(homeDirectory, written.slice(1)) : written;
  const workspacesDir = path(settings.workspacesDir);
  return {
    ...settings,
    workspacesDir,
    stateDir: settings.stateDir === undefined ? stateDirectoryOf(workspacesDir) : path(settings.stateDir),
    poolsConfig: path(settings.poolsConfig),
    lending: defaultLending,
  };
}

/** Where our own files are kept unless `state_dir` says otherwise. */
export function stateDirectoryOf(workspacesDir: string): string {
  return join(workspacesDir, ".repo-pool-sidecar");
}
