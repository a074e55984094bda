import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, Server as TlsServer } from "node:https";
import { UsageError, asError, systemErrorCode } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import { Access } from "./auth/access.ts";
import { Authentication } from "./auth/authentication.ts";
import { createRouter } from "./create-router.ts";
import { createHttpApp } from "./http-app.ts";
import type { CommonDependencies } from "./http-dependencies.ts";
import type { HttpSettings } from "./http-settings.ts";
import { formatListenAddress, parseListenAddress } from "./listen-address.ts";
import type { Route } from "./routes/route.ts";
import { isClientWelcome, readTlsOptions } from "./auth/tls-options.ts";
import { WebConfigSource } from "./auth/web-config-source.ts";
import type { WebConfig } from "./auth/web-config.ts";

const webConfigLookMilliseconds = 1000;
const mostConnections = 1024;

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
  const servers: Server[] = [];
  try {
    for (const address of settings.listenAddresses) {
      const server = createListener(app, settings, () => webConfig.current());
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
  { bearerTokenFile, externalUrl, telemetryPath }: HttpSettings,
  dependencies: Dependencies,
  { routes, webConfig }: Routing<Dependencies>,
): RequestListener {
  const { logger, clock } = dependencies;
  const externalPath = externalUrl === undefined ? "" : pathOf(externalUrl);
  const authentication = new Authentication({
    ...{ webConfig, bearerTokenFile, logger },
    onWrongCredentials: (method) => {
      dependencies.onWrongCredentials(method);
    },
  });
  const access = new Access({ authentication, webConfig, externalUrl });
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

function createListener(app: RequestListener, settings: HttpSettings, webConfig: () => WebConfig): Server {
  const requestTimeout = (settings.requestTimeoutSeconds ?? 30) * 1000;
  const limits = {
    requestTimeout,
    headersTimeout: Math.min(10_000, requestTimeout),
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: Math.min(1000, requestTimeout),
    maxHeaderSize: 16 * 1024,
  };
  const { tls } = webConfig();
  const server =
    tls === undefined
      ? createServer(limits, app)
      : createTlsServer({ ...limits, ...readTlsOptions(tls) }, app);
  server.maxConnections = mostConnections;
  if (server instanceof TlsServer) {
    // Prepended: before the HTTP parser gets the connection.
    server.prependListener("secureConnection", (socket) => {
      if (!isClientWelcome(socket, webConfig())) socket.destroy();
    });
  }
  return server;
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

function listen(server: Server, text: string): Promise<void> {
  const { host, port } = parseListenAddress(text);
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      reject(listenError(text, error));
    });
    server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve);
  });
}

const listenAdvice: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process listens there: stop it or choose another --web.listen-address",
  EACCES: "ports below 1024 need privileges: choose another --web.listen-address",
  EADDRNOTAVAIL: "no interface of this machine has that address: choose another --web.listen-address",
};

function listenError(address: string, error: Error): UsageError {
  const code = systemErrorCode(error) ?? "";
  return new UsageError(
    "LISTEN_FAILED",
    `cannot listen on ${address}: ${listenAdvice[code] ?? error.message}`,
    { cause: error },
  );
}

function boundAddress(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the listener has no port");
  return formatListenAddress(address.address, address.port);
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
