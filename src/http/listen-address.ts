import { isIP } from "node:net";
import { UsageError } from "../platform/coded-error.ts";

/** `host` undefined listens on every address of the machine. */
export interface ListenAddress {
  readonly host: string | undefined;
  readonly port: number;
}

/** Reads `host:port`, `[v6]:port` and `:port`. @throws UsageError `LISTEN_ADDRESS_INVALID` */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const isInvalid = match === null || port > 65_535 || (match[1] !== undefined && isIP(match[1]) !== 6);
  if (isInvalid) {
    throw new UsageError(
      "LISTEN_ADDRESS_INVALID",
      `listen address "${text}": expected host:port, [IPv6]:port or :port, such as 127.0.0.1:10469`,
    );
  }
  const host = match[1] ?? match[2] ?? "";
  return { host: host === "" ? undefined : host, port };
}

/** As it is written in a URL: an IPv6 address in brackets. */
export function formatListenAddress(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
