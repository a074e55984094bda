import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";

/**
 * Bounds the open connections of all listeners. If all are in use, the one that has been without a request for the
 * longest is closed for a new one, so that idle connections never keep a probe or a scrape out.
 */
export class ConnectionLimit {
  readonly #mostConnections: number;
  readonly #open = new Map<unknown, Socket>();
  /** Those without a request, the longest first. */
  readonly #idle = new Set<unknown>();

  constructor(mostConnections = 1024) {
    this.#mostConnections = mostConnections;
  }

  /** A new connection. False if it was closed, since all others have a request. */
  admit(socket: Socket): boolean {
    const [longestIdle] = this.#idle;
    if (this.#open.size >= this.#mostConnections && longestIdle !== undefined) this.#close(longestIdle);
    if (this.#open.size >= this.#mostConnections) {
      socket.destroy();
      return false;
    }
    const key = keyOf(socket);
    this.#open.set(key, socket);
    this.#idle.add(key);
    socket.once("close", () => {
      if (this.#open.get(key) === socket) this.#forget(key);
    });
    return true;
  }

  /** The headers of a request are there. What only waits for the client to read the answer is idle again. */
  noteRequest(socket: Socket, response: EventEmitter): void {
    const key = keyOf(socket);
    this.#idle.delete(key);
    response.once("prefinish", () => {
      if (this.#open.has(key)) this.#idle.add(key);
    });
  }

  #close(key: unknown): void {
    this.#open.get(key)?.destroy();
    this.#forget(key);
  }

  #forget(key: unknown): void {
    this.#open.delete(key);
    this.#idle.delete(key);
  }
}

/** One for a connection and for the TLS socket over it; a Unix socket has no port, and is its own. */
function keyOf(socket: Socket): unknown {
  const { remoteAddress, remotePort, localPort } = socket;
  return remotePort === undefined ? socket : `${remoteAddress} ${remotePort} ${localPort}`;
}
