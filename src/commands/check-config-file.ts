import { existsSync } from "node:fs";
import { loadConfig, type ConfigSources } from "../config/load-config.ts";

export interface ConfigCheck {
  readonly file: string;
  readonly is_valid: boolean;
  /** Each with its line, where it has one. */
  readonly problems: readonly string[];
  /** What will be reported when `serve` starts, and is no mistake of the file. */
  readonly warnings: readonly string[];
}

/** Reads the file as `serve` would, and looks for the files that it names. */
export async function checkConfigFile(
  file: string,
  sources: Omit<ConfigSources, "flags">,
): Promise<ConfigCheck> {
  const loaded = await loadConfig({ ...sources, flags: { configFile: file } });
  if (loaded.kind === "invalid") return { file, is_valid: false, problems: loaded.problems, warnings: [] };
  const { remediation, healthCheck } = loaded.config;
  const named = {
    "remediation.auth.bearer_token_file": remediation.bearerTokenFile,
    "health_check.webhook_url_file": healthCheck.webhookUrlFile,
  };
  const missing = Object.entries(named).flatMap(([key, path]) =>
    path === undefined || existsSync(path) ? [] : [`${key}: there is no file ${path}`],
  );
  const isOpen = remediation.enabled && remediation.bearerTokenFile === undefined;
  const authentication = isOpen
    ? ["remediation is enabled without auth.bearer_token_file: serve then needs users in --web.config.file"]
    : [];
  return { file, is_valid: true, problems: [], warnings: [...missing, ...authentication] };
}
