import { readFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { asError, describeUnreadFile, systemErrorCode } from "../platform/coded-error.ts";
import { isInside, resolveLinks } from "../platform/contained-path.ts";
import { asFields } from "../platform/stored-fields.ts";
import { completeSettings, defaultStateDirectory } from "./default-config.ts";
import { defaultSettings } from "./default-settings.ts";
import type { FileSettings, SidecarConfig } from "./sidecar-config.ts";

export interface ConfigFlags {
  readonly workspacesDir?: string | undefined;
  readonly stateDir?: string | undefined;
  readonly configFile?: string | undefined;
  readonly poolsConfig?: string | undefined;
}

/** What a configuration is read from. */
export interface ConfigSources {
  readonly flags: ConfigFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
}

/** The configuration, or every mistake in it. */
export type LoadedConfig =
  | { readonly kind: "valid"; readonly config: SidecarConfig }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** What one file says; `written` is its content before defaults. */
type FileReading<Value> =
  | { readonly kind: "valid"; readonly value: Value; readonly written: unknown }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** Flags win over the environment, that over the file, that over pools.yaml, that over the defaults. */
export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  const { flags, env, homeDirectory } = sources;
  const fileName = flags.configFile ?? variableOf(env, "CONFIG_FILE");
  const read = fileName === undefined ? nothingRead : await readConfigFile(fileName);
  if (read.kind === "invalid") return read;
  const settings = completeSettings(read.value, {
    homeDirectory,
    fileDirectory: fileName === undefined ? undefined : dirname(resolve(fileName)),
  });
  const config = applyOverrides(settings, sources, read.value.stateDir !== undefined);
  if (isWherePoolsAre(config)) {
    const problem = `state_dir: a pool can be at ${config.stateDir}: expected another place, or a name with a dot before it`;
    return { kind: "invalid", problems: [problem] };
  }
  return applyPoolsFile(config, read.written);
}

/** A clean-up of a slot would take saved work with it. No pool's name begins with a dot. */
function isWherePoolsAre({ workspacesDir, stateDir }: SidecarConfig): boolean {
  const place = resolveLinks(stateDir) ?? stateDir;
  const base = resolveLinks(workspacesDir) ?? workspacesDir;
  return isInside(base, place) && !relative(base, place).startsWith(".");
}

const nothingRead = { kind: "valid", value: defaultSettings, written: {} } as const;

/** An empty variable is none. */
function variableOf(env: ConfigSources["env"], name: string): string | undefined {
  const text = env[`REPO_POOL_SIDECAR_${name}`];
  return text === "" ? undefined : text;
}

/** The schema and its libraries are loaded for a file alone: without one a command starts with the defaults. */
async function readConfigFile(path: string): Promise<FileReading<FileSettings>> {
  const text = await readText(path);
  if (text instanceof Error) return refuseFile(path, [describeUnreadFile(text)]);
  const [{ readYaml }, { configSchema }, { toCodeNames }] = await Promise.all([
    import("./read-yaml.ts"),
    import("./config-schema.ts"),
    import("./code-names.ts"),
  ]);
  const read = readYaml(text, configSchema);
  return read.kind === "invalid"
    ? refuseFile(path, read.problems)
    : { ...read, value: toCodeNames(read.value) };
}

/** Each problem names its file: there are two, and a variable may have named the first. */
function refuseFile(path: string, problems: readonly string[]): Extract<LoadedConfig, { kind: "invalid" }> {
  return { kind: "invalid", problems: problems.map((problem) => `${path}: ${problem}`) };
}

async function readText(path: string): Promise<string | Error> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    return asError(error);
  }
}

function applyOverrides(
  config: SidecarConfig,
  { flags, env, homeDirectory }: ConfigSources,
  isStateDirWritten: boolean,
): SidecarConfig {
  const workspacesDir = resolve(
    flags.workspacesDir ?? variableOf(env, "WORKSPACES_DIR") ?? config.workspacesDir,
  );
  const stateDir = isStateDirWritten
    ? config.stateDir
    : defaultStateDirectory({ ...config, workspacesDir, homeDirectory });
  return {
    ...config,
    workspacesDir,
    stateDir: resolve(flags.stateDir ?? variableOf(env, "STATE_DIR") ?? stateDir),
    poolsConfig: resolve(flags.poolsConfig ?? variableOf(env, "POOLS_CONFIG") ?? config.poolsConfig),
    timezone: variableOf(env, "TIMEZONE") ?? config.timezone,
  };
}

/** The pool manager's own settings; what our own file says about the same things wins. */
async function applyPoolsFile(config: SidecarConfig, written: unknown): Promise<LoadedConfig> {
  const text = await readText(config.poolsConfig);
  if (text instanceof Error) {
    if (systemErrorCode(text) === "ENOENT") return { kind: "valid", config };
    return refuseFile(config.poolsConfig, [describeUnreadFile(text)]);
  }
  const [{ readYaml }, { poolsFileSchema, lendingSettingsOf }] = await Promise.all([
    import("./read-yaml.ts"),
    import("./pools-file.ts"),
  ]);
  const read = readYaml(text, poolsFileSchema);
  if (read.kind === "invalid") return refuseFile(config.poolsConfig, read.problems);
  const { detection, recovery } = config;
  const theirs = read.value.defaults;
  const isOwn = (section: string, key: string): boolean =>
    asFields(asFields(written)?.[section])?.[key] !== undefined;
  const staleLockHours = isOwn("detection", "stale_lock_hours") ? undefined : theirs?.stale_lock_hours;
  const lockTimeoutSeconds = isOwn("recovery", "lock_timeout") ? undefined : theirs?.lock_timeout;
  return {
    kind: "valid",
    config: {
      ...config,
      detection: { ...detection, staleLockHours: staleLockHours ?? detection.staleLockHours },
      recovery: { ...recovery, lockTimeoutSeconds: lockTimeoutSeconds ?? recovery.lockTimeoutSeconds },
      lending: lendingSettingsOf(read.value),
    },
  };
}
