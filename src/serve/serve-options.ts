import type { LoadedConfig } from "../config/load-config.ts";
import type { SidecarConfig } from "../config/sidecar-config.ts";
import type { HttpSettings } from "../http/http-settings.ts";
import type { Logger } from "../platform/logger.ts";

export interface SidecarOptions {
  readonly config: SidecarConfig;
  /** Reads the configuration again, for a reload. */
  readonly loadConfig: () => Promise<LoadedConfig>;
  readonly version: string;
  /** The commit that the program was built from. */
  readonly revision: string;
  /** The runbooks that are served. */
  readonly runbooksDir: string;
  /** How a shell starts this program. */
  readonly invocation: string;
  /** The configuration file, as an absolute path. */
  readonly configFile?: string | undefined;
  readonly logger: Logger;
  readonly listenAddresses: readonly string[];
  /** Descriptors of sockets that already listen, instead of the addresses. */
  readonly inheritedSockets?: readonly number[] | undefined;
  readonly telemetryPath: string;
  readonly externalUrl: string | undefined;
  readonly webConfigFile: string | undefined;
}

export interface RunningServer {
  readonly addresses: readonly string[];
  /** Stops taking requests and starting work; resolves when the running step has ended. */
  stop(): Promise<void>;
}

export function httpSettings(options: SidecarOptions): HttpSettings {
  const { listenAddresses, inheritedSockets, telemetryPath, externalUrl, webConfigFile } = options;
  const { auth } = options.config.remediation;
  return {
    listenAddresses,
    inheritedSockets,
    telemetryPath,
    externalUrl,
    webConfig: webConfigFile === undefined ? undefined : { file: webConfigFile },
    bearerTokenFile: auth.bearerTokenFile,
    credentials: auth.credentials,
    hasOpenProbes: auth.openProbes,
  };
}
