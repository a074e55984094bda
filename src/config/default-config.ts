import { join, resolve } from "node:path";
import { defaultSettings } from "./default-settings.ts";
import { defaultLending } from "./lending-settings.ts";
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
  return {
    ...settings,
    workspacesDir,
    stateDir: settings.stateDir === undefined ? stateDirectoryOf(workspacesDir) : path(settings.stateDir),
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

/** Where our own files are kept unless `state_dir` says otherwise. */
export function stateDirectoryOf(workspacesDir: string): string {
  return join(workspacesDir, ".repo-pool-sidecar");
}
