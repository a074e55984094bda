import type { RequestListener, Server } from "node:http";
import { Server as TlsServer } from "node:https";
import { UsageError, asError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import { Access } from "./auth/access.ts";
import { Authentication } from "./auth/authentication.ts";
import { ConnectionLimit } from "./connection-limit.ts";
import { createRouter } from "./create-router.ts";
import { createHttpApp } from "./http-app.ts";
import type { CommonDependencies } from "./http-dependencies.ts";
import type { HttpSettings } from "./http-settings.ts";
import { boundAddress, createListener, listen } from "./listener.ts";
import type { Route } from "./routes/route.ts";
import { RateLimit } from "./auth/rate-limit.ts";
import { readTlsOptions } from "./auth/tls-options.ts";
import { WebConfigSource } from "./auth/web-config-source.ts";
import type { WebConfig } from "./auth/web-config.ts";

const webConfigLookMilliseconds = 1000;

export interface HttpServer {
  /** `host:port` of each listener, with the port that the system chose if 0 was asked for. */
  readonly addresses: string[];
  stop(): Promise<void>;
}

/** @throws UsageError if an address, the web configuration or a certificate cannot be used */
export async function startHttpServer<Dependencies extends CommonDependencies>(
  settings: HttpSettings,
  dependencies: Dependencies,
  routes: readonly Route<Dependencies>[],
): Promise<HttpServer> {
  const { logger } = dependencies;
  const webConfig = new WebConfigSource(settings.webConfig, logger);
  const app = createApp(settings, dependencies, { routes, webConfig: () => webConfig.current() });
  const connections = new ConnectionLimit();
  const { requestTimeoutSeconds = 30 } = settings;
  const servers: Server[] = [];
  try {
    for (const address of settings.inheritedSockets ?? settings.listenAddresses) {
      const parts = { app, connections, webConfig: () => webConfig.current(), requestTimeoutSeconds };
      const server = createListener(parts);
      await listen(server, address);
      servers.push(server);
    }
  } catch (error) {
    await stopAll(servers, 0);
    throw error;
  }
  const look = setInterval(() => {
    if (webConfig.refresh()) applyWebConfig(servers, webConfig.current(), logger);
  }, webConfigLookMilliseconds);
  look.unref();
  return {
    addresses: servers.map(boundAddress),
    async stop() {
      clearInterval(look);
      await stopAll(servers, (settings.stopTimeoutSeconds ?? 10) * 1000);
    },
  };
}

interface Routing<Dependencies> {
  readonly routes: readonly Route<Dependencies>[];
  readonly webConfig: () => WebConfig;
}

function createApp<Dependencies extends CommonDependencies>(
  { bearerTokenFile, credentials = [], hasOpenProbes = false, externalUrl, telemetryPath }: HttpSettings,
  dependencies: Dependencies,
  { routes, webConfig }: Routing<Dependencies>,
): RequestListener {
  const { logger, clock } = dependencies;
  const externalPath = externalUrl === undefined ? "" : pathOf(externalUrl);
  const authentication = new Authentication({
    ...{ webConfig, bearerTokenFile, credentials, logger },
    onWrongCredentials: (method) => {
      dependencies.onWrongCredentials(method);
    },
  });
  const access = new Access({
    authentication,
    webConfig,
    externalUrl,
    rateLimit: new RateLimit(),
    hasOpenProbes,
  });
  return createHttpApp({
    logger,
    clock,
    externalPath,
    extraHeaders: () => webConfig().headers,
    createRouter: () => createRouter({ dependencies, access, telemetryPath, routes }),
  });
}

/** Without its last slash. @throws UsageError `OPTION_INVALID` */
function pathOf(externalUrl: string): string {
  if (URL.canParse(externalUrl) && /^https?:/.test(externalUrl))
    return new URL(externalUrl).pathname.replace(/\/+$/, "");
  throw new UsageError("OPTION_INVALID", `--web.external-url ${externalUrl}: expected http:// or https://`);
}

/** New certificates, users and headers are in force at once; what Node fixes when it opens a listener waits for a restart. */
function applyWebConfig(servers: readonly Server[], config: WebConfig, logger: Logger): void {
  for (const server of servers) {
    if (server instanceof TlsServer !== (config.tls !== undefined))
      logger.warn({}, "web_config.restart_needed");
    if (!(server instanceof TlsServer) || config.tls === undefined) continue;
    try {
      server.setSecureContext(readTlsOptions(config.tls));
    } catch (error) {
      logger.error({ err: asError(error) }, "web_config.certificate_invalid");
    }
  }
  logger.info({}, "web_config.reloaded");
}

/** Running requests end by themselves within the time; then their connections are closed. */
async function stopAll(servers: readonly Server[], milliseconds: number): Promise<void> {
  const force = setTimeout(() => {
    for (const server of servers) server.closeAllConnections();
  }, milliseconds);
  // A connection whose request has just ended is kept alive for the next one, which must not come.
  const sweep = setInterval(() => {
    for (const server of servers) server.closeIdleConnections();
  }, 50);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  clearInterval(sweep);
  clearTimeout(force);
}
