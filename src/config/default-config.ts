import { join, resolve } from "node:path";
import { findPreset } from "../pool/sources/presets.ts";
import { includesManaged } from "../pool/sources/read-sources.ts";
import type { SourceSettings } from "../pool/sources/source.ts";
import { defaultSettings } from "./default-settings.ts";
import { defaultLending } from "../lending/lending-rules.ts";
import type { FileSettings, SidecarConfig } from "./sidecar-config.ts";

/** All defaults, without loading a YAML reader or a schema: most commands need nothing more. */
export function createDefaultConfig(homeDirectory: string): SidecarConfig {
  return completeSettings(defaultSettings, { homeDirectory });
}

/** Where the paths of a configuration lead. */
export interface PathBases {
  readonly homeDirectory: string;
  /** The directory of the configuration file, beside which the files that it names lie; undefined without a file. */
  readonly fileDirectory?: string | undefined;
}

/** With `~` and the files that it names resolved, and with what the file does not say itself. */
export function completeSettings(
  settings: FileSettings,
  { homeDirectory, fileDirectory }: PathBases,
): SidecarConfig {
  const path = (written: string): string =>
    written === "~" || written.startsWith("~/") ? join(homeDirectory, written.slice(1)) : written;
  const beside = (written: string | undefined): string | undefined =>
    written === undefined || fileDirectory === undefined ? written : resolve(fileDirectory, path(written));
  const { remediation, healthCheck, queue } = settings;
  const { postgres } = queue;
  const workspacesDir = path(settings.workspacesDir);
  const sources = settings.sources.map((source) => completeSource(source, path));
  return {
    ...settings,
    workspacesDir,
    sources,
    stateDir:
      settings.stateDir === undefined
        ? defaultStateDirectory({ workspacesDir, sources, homeDirectory })
        : path(settings.stateDir),
    homeStateDir: homeStateDirectory(homeDirectory),
    poolsConfig: path(settings.poolsConfig),
    remediation: {
      ...remediation,
      auth: {
        ...remediation.auth,
        bearerTokenFile: beside(remediation.auth.bearerTokenFile),
        credentials: remediation.auth.credentials.map((credential) => ({
          ...credential,
          tokenFile: beside(credential.tokenFile),
        })),
      },
    },
    healthCheck: { webhookUrlFile: beside(healthCheck.webhookUrlFile) },
    queue: {
      ...queue,
      postgres: {
        connectionStringFile: beside(postgres.connectionStringFile),
        caFile: beside(postgres.caFile),
      },
    },
    lending: defaultLending,
  };
}

/** How long a slot of a source may be without activity, unless its `idle_after` says otherwise. */
export const defaultIdleAfterSeconds = 24 * 3600;

type WrittenSource = FileSettings["sources"][number];

function completeSource(written: WrittenSource, path: (written: string) => string): SourceSettings {
  const { name, kind, repositories = [], idleAfterSeconds, allow = [], reclaim = {} } = written;
  return {
    ...{ name, kind, allow },
    ...completeFromPreset(written, path),
    repositories: repositories.map(path),
    idleAfterSeconds: idleAfterSeconds ?? defaultIdleAfterSeconds,
    reclaim: {
      ...reclaim,
      quarantineDir: reclaim.quarantineDir === undefined ? undefined : path(reclaim.quarantineDir),
    },
  };
}

/** What the file says takes the place of what the preset says. */
function completeFromPreset(
  { preset: name, include, paths }: WrittenSource,
  path: (written: string) => string,
): Pick<SourceSettings, "except" | "jobProcess" | "include" | "paths"> {
  const preset = name === undefined ? undefined : findPreset(name);
  return {
    except: preset?.except ?? [],
    jobProcess: preset?.jobProcess,
    include: (include ?? preset?.include ?? []).map((each) => (each.startsWith("~/") ? path(each) : each)),
    paths: (paths ?? preset?.paths ?? []).map(path),
  };
}

/** Beside the pools of a workspaces directory. */
export function stateDirectoryOf(workspacesDir: string): string {
  return join(workspacesDir, ".repo-pool-sidecar");
}

/** Where our own files are kept unless `state_dir` says otherwise: beside the pools, or at home if there are none. */
export function defaultStateDirectory({
  workspacesDir,
  sources,
  homeDirectory,
}: Pick<SidecarConfig, "workspacesDir" | "sources"> & Pick<PathBases, "homeDirectory">): string {
  return includesManaged(sources) ? stateDirectoryOf(workspacesDir) : homeStateDirectory(homeDirectory);
}

function homeStateDirectory(homeDirectory: string): string {
  return join(homeDirectory, ".local", "state", "repo-pool-sidecar");
}

/**
 * The state directory for work trees that a person names on the command line: the configured one if there are sources, else
 * one in the home directory, since there may be no workspaces directory.
 */
export function stateDirectoryOfTrees(config: SidecarConfig): string {
  const isUsual = config.stateDir === stateDirectoryOf(config.workspacesDir);
  return config.sources.length === 0 && isUsual ? config.homeStateDir : config.stateDir;
}
