import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { asError, systemErrorCode } from "../platform/coded-error.ts";
import type { ConfigFile } from "./config-schema.ts";
import { createDefaultConfig, stateDirectoryOf } from "./default-config.ts";
import type { SidecarConfig } from "./sidecar-config.ts";

export interface ConfigFlags {
  readonly workspacesDir?: string | undefined;
  readonly stateDir?: string | undefined;
  readonly configFile?: string | undefined;
  readonly poolsConfig?: string | undefined;
}

export interface ConfigSources {
  readonly flags: ConfigFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
}

export type LoadedConfig =
  | { readonly kind: "valid"; readonly config: SidecarConfig }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** What one file says, in the names of that file. */
type FileReading<Value> =
  | { readonly kind: "valid"; readonly value: Value | undefined }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** Flags win over the environment, that over the file, that over pools.yaml, that over the defaults. */
export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  const { flags, env, homeDirectory } = sources;
  const fileName = flags.configFile ?? env["REPO_POOL_SIDECAR_CONFIG_FILE"];
  const read = fileName === undefined ? nothingRead : await readConfigFile(fileName);
  if (read.kind === "invalid") return read;
  const settings = mergeFile(createDefaultConfig(homeDirectory), read.value ?? {}, homeDirectory);
  const config = applyOverrides(settings, sources, read.value?.state_dir !== undefined);
  return applyPoolsFile(config, read.value ?? {});
}

const nothingRead = { kind: "valid", value: undefined } as const;

async function readConfigFile(path: string): Promise<FileReading<ConfigFile>> {
  const text = await readText(path);
  if (text instanceof Error) return { kind: "invalid", problems: [`${path}: ${text.message}`] };
  const [{ readYaml }, { configSchema }] = await Promise.all([
    import("./read-yaml.ts"),
    import("./config-schema.ts"),
  ]);
  return readYaml(text, configSchema);
}

async function readText(path: string): Promise<string | Error> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    return asError(error);
  }
}

function mergeFile(defaults: SidecarConfig, file: ConfigFile, homeDirectory: string): SidecarConfig {
  const path = (written: string | undefined, otherwise: string): string =>
    written === undefined ? otherwise : expandHome(written, homeDirectory);
  const postgres = file.queue?.postgres;
  return {
    workspacesDir: path(file.workspaces_dir, defaults.workspacesDir),
    stateDir: path(file.state_dir, defaults.stateDir),
    poolsConfig: path(file.pools_config, defaults.poolsConfig),
    timezone: file.timezone ?? defaults.timezone,
    collector: { ...defaults.collector, ...file.collector },
    detection: { ...defaults.detection, ...file.detection },
    verification: { ...defaults.verification, ...file.verification },
    recovery: { ...defaults.recovery, ...file.recovery },
    salvage: { ...defaults.salvage, ...file.salvage },
    remediation: { ...defaults.remediation, ...file.remediation },
    healthCheck: { webhookUrlFile: file.health_check?.webhook_url_file },
    queue: {
      driver: file.queue?.driver ?? defaults.queue.driver,
      sidecar: file.queue?.sidecar,
      postgres: {
        connectionStringFile: postgres?.connection_string_file,
        caFile: postgres?.ca_file,
      },
    },
    metrics: { perSlot: file.metrics?.per_slot ?? defaults.metrics.perSlot },
    lending: defaults.lending,
  };
}

function applyOverrides(
  config: SidecarConfig,
  { flags, env }: ConfigSources,
  isStateDirWritten: boolean,
): SidecarConfig {
  const workspacesDir = resolve(
    flags.workspacesDir ?? env["REPO_POOL_SIDECAR_WORKSPACES_DIR"] ?? config.workspacesDir,
  );
  const stateDir = isStateDirWritten ? config.stateDir : stateDirectoryOf(workspacesDir);
  return {
    ...config,
    workspacesDir,
    stateDir: resolve(flags.stateDir ?? env["REPO_POOL_SIDECAR_STATE_DIR"] ?? stateDir),
    poolsConfig: resolve(flags.poolsConfig ?? env["REPO_POOL_SIDECAR_POOLS_CONFIG"] ?? config.poolsConfig),
    timezone: env["REPO_POOL_SIDECAR_TIMEZONE"] ?? config.timezone,
  };
}

/** The pool manager's own settings; what our own file says about the same things wins. */
async function applyPoolsFile(config: SidecarConfig, file: ConfigFile): Promise<LoadedConfig> {
  const text = await readText(config.poolsConfig);
  if (text instanceof Error) {
    if (systemErrorCode(text) === "ENOENT") return { kind: "valid", config };
    return { kind: "invalid", problems: [`${config.poolsConfig}: ${text.message}`] };
  }
  const [{ readYaml }, { poolsFileSchema, lendingSettingsOf }] = await Promise.all([
    import("./read-yaml.ts"),
    import("./pools-file.ts"),
  ]);
  const read = readYaml(text, poolsFileSchema);
  if (read.kind === "invalid")
    return { kind: "invalid", problems: read.problems.map((problem) => `${config.poolsConfig}: ${problem}`) };
  const theirs = read.value.defaults;
  const staleLockHours =
    file.detection?.staleLockHours ?? theirs?.stale_lock_hours ?? config.detection.staleLockHours;
  const lockTimeoutSeconds =
    file.recovery?.lockTimeoutSeconds ?? theirs?.lock_timeout ?? config.recovery.lockTimeoutSeconds;
  return {
    kind: "valid",
    config: {
      ...config,
      detection: { ...config.detection, staleLockHours },
      recovery: { ...config.recovery, lockTimeoutSeconds },
      lending: lendingSettingsOf(read.value),
    },
  };
}

function expandHome(path: string, homeDirectory: string): string {
  return path === "~" || path.startsWith("~/") ? join(homeDirectory, path.slice(1)) : path;
}
