import { readFileSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { UsageError, systemErrorCode } from "../platform/coded-error.ts";
import { createDefaultConfig, stateDirectoryOf } from "./default-config.ts";
import type { SidecarConfig } from "./sidecar-config.ts";

export interface ConfigSources {
  readonly flags: {
    readonly workspacesDir: string | undefined;
    readonly stateDir: string | undefined;
    readonly configFile: string | undefined;
  };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
}

/**
 * The configuration in force: flags win, then the environment, then the file, then the defaults.
 * @throws UsageError `CONFIG_UNREADABLE`, or `CONFIG_INVALID` with every problem and its line.
 */
export async function resolveConfig({ flags, env, homeDirectory }: ConfigSources): Promise<SidecarConfig> {
  const configFile = flags.configFile ?? env["REPO_POOL_SIDECAR_CONFIG_FILE"];
  const defaults = createDefaultConfig(homeDirectory);
  const fromFile = configFile === undefined ? defaults : await readConfigFile(configFile, defaults);
  const workspacesDir =
    flags.workspacesDir ?? env["REPO_POOL_SIDECAR_WORKSPACES_DIR"] ?? fromFile.workspacesDir;
  const isMoved =
    workspacesDir !== fromFile.workspacesDir &&
    fromFile.stateDir === stateDirectoryOf(fromFile.workspacesDir);
  const stateDir =
    flags.stateDir ??
    env["REPO_POOL_SIDECAR_STATE_DIR"] ??
    (isMoved ? stateDirectoryOf(workspacesDir) : fromFile.stateDir);
  return { ...fromFile, workspacesDir: resolve(workspacesDir), stateDir: resolve(stateDir) };
}

async function readConfigFile(path: string, defaults: SidecarConfig): Promise<SidecarConfig> {
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const code = systemErrorCode(cause) ?? "error";
    throw new UsageError("CONFIG_UNREADABLE", `${path}: cannot read the configuration (${code})`, { cause });
  }
  // zod and yaml cost 100 ms to load: only those who have a file pay for them.
  const { parseConfig } = await import("./parse-config.ts");
  const parsed = parseConfig(text, defaults);
  if (parsed.kind === "invalid") {
    throw new UsageError(
      "CONFIG_INVALID",
      [`${path} is not a valid configuration:`, ...parsed.problems].join("\n  "),
    );
  }
  const { bearerTokenFile } = parsed.config.remediation;
  if (bearerTokenFile === undefined || isAbsolute(bearerTokenFile)) return parsed.config;
  const remediation = { ...parsed.config.remediation, bearerTokenFile: resolve(path, "..", bearerTokenFile) };
  return { ...parsed.config, remediation };
}
