import type { CredentialSettings } from "./auth/role.ts";
import type { WebConfig } from "./auth/web-config.ts";

/** What the command line and the configuration file say about HTTP. */
export interface HttpSettings {
  /** `host:port`, `[::1]:10469` or `:10469`; at least one. */
  readonly listenAddresses: readonly string[];
  /** Descriptors of sockets that already listen, instead of the addresses: systemd's. */
  readonly inheritedSockets?: readonly number[] | undefined;
  readonly telemetryPath: string;
  /** How people reach the sidecar from outside; its origin and host name are trusted as our own. */
  readonly externalUrl: string | undefined;
  /** A path is read again when the file or a certificate it names changes. */
  readonly webConfig: WebConfig | { readonly file: string } | undefined;
  /** Read again whenever it changes. */
  readonly bearerTokenFile: string | undefined;
  /** Those with a role of their own. */
  readonly credentials?: readonly CredentialSettings[];
  /** Whether the probes need no authentication. */
  readonly hasOpenProbes?: boolean;
  /** How long a stop waits for running requests before it closes their connections. */
  readonly stopTimeoutSeconds?: number;
  /** How long a request may take to arrive whole; a slow sender is cut off then. */
  readonly requestTimeoutSeconds?: number;
}
