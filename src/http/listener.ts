import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import { UsageError, systemErrorCode } from "../platform/coded-error.ts";
import { isClientWelcome, readTlsOptions } from "./auth/tls-options.ts";
import type { WebConfig } from "./auth/web-config.ts";
import type { ConnectionLimit } from "./connection-limit.ts";
import { formatListenAddress, parseListenAddress } from "./listen-address.ts";

export interface ListenerParts {
  readonly app: RequestListener;
  readonly connections: ConnectionLimit;
  readonly webConfig: () => WebConfig;
  /** How long a request may take to arrive whole. */
  readonly requestTimeoutSeconds: number;
}

/** A server that does not listen yet. @throws UsageError `CERTIFICATE_UNREADABLE` */
export function createListener({
  app,
  connections,
  webConfig,
  requestTimeoutSeconds,
}: ListenerParts): Server {
  const requestTimeout = requestTimeoutSeconds * 1000;
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
      : createTlsServer({ ...limits, handshakeTimeout: 10_000, ...readTlsOptions(tls) }, app);
  if (server instanceof TlsServer) {
    answerPlainHttp(server);
    // Prepended: before the HTTP parser gets the connection.
    server.prependListener("secureConnection", (socket) => {
      if (!isClientWelcome(socket, webConfig())) socket.destroy();
    });
  }
  const begin = server.listeners("connection");
  server.removeAllListeners("connection").on("connection", (socket: Socket) => {
    if (connections.admit(socket)) for (const listener of begin) listener.call(server, socket);
  });
  server.prependListener("request", (request, response) => {
    connections.noteRequest(request.socket, response);
  });
  return server;
}

/** What Go's servers say. */
const plainHttpAnswer = [
  "HTTP/1.1 400 Bad Request",
  "Content-Type: text/plain; charset=utf-8",
  "Connection: close",
  "",
  "Client sent an HTTP request to an HTTPS server.\n",
].join("\r\n");

/** A request without TLS is answered in words, instead of by a broken handshake. */
function answerPlainHttp(server: TlsServer): void {
  const begin = server.listeners("connection");
  server.removeAllListeners("connection").on("connection", (socket: Socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("readable", () => {
      const beginning = socket.read() as Buffer | null;
      if (beginning === null) {
        socket.destroy();
      } else if (/^[A-Z]/.test(beginning.toString("latin1", 0, 1))) {
        socket.end(plainHttpAnswer);
        socket.resume();
        setTimeout(() => socket.destroy(), 1000).unref();
      } else {
        socket.unshift(beginning);
        for (const listener of begin) listener.call(server, socket);
      }
    });
  });
}

/** Listens at `host:port`, or on an open socket by its descriptor. @throws UsageError `LISTEN_FAILED`, `LISTEN_ADDRESS_INVALID` */
export function listen(server: Server, at: string | number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      reject(listenError(typeof at === "number" ? `descriptor ${at}` : at, error));
    });
    if (typeof at === "number") {
      server.listen({ fd: at }, resolve);
      return;
    }
    const { host, port } = parseListenAddress(at);
    server.listen({ port, host }, resolve);
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

/** `host:port`, or the path of a Unix socket. */
export function boundAddress(server: Server): string {
  const address = server.address();
  if (address === null) throw new Error("the listener has no address");
  return typeof address === "string" ? address : formatListenAddress(address.address, address.port);
}
