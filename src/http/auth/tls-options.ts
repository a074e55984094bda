import { readFileSync } from "node:fs";
import type { ServerOptions } from "node:https";
import { createSecureContext, type TLSSocket } from "node:tls";
import { UsageError, asError } from "../../platform/coded-error.ts";
import { verifiesClients, type PemSource, type TlsConfig, type WebConfig } from "./web-config.ts";

/** @throws UsageError `CERTIFICATE_UNREADABLE` */
export function readTlsOptions(tls: TlsConfig): ServerOptions {
  try {
    const options: ServerOptions = {
      cert: readPem(tls.cert),
      key: readPem(tls.key),
      ca: tls.clientCa && readPem(tls.clientCa),
      minVersion: tls.minVersion,
      maxVersion: tls.maxVersion,
      honorCipherOrder: tls.isServerOrderPreferred,
      ...(tls.cipherSuites.length === 0 ? {} : { ciphers: tls.cipherSuites.join(":") }),
      ...(tls.curves.length === 0 ? {} : { ecdhCurve: tls.curves.join(":") }),
      requestCert: tls.clientAuthType !== "NoClientCert",
      // Judged by `isClientWelcome`, which follows the configuration while the listener stays open.
      rejectUnauthorized: false,
    };
    // Says here what would otherwise fail if the server is made: no PEM, or a key of another certificate.
    createSecureContext(options);
    return options;
  } catch (error) {
    const cause = asError(error);
    throw new UsageError("CERTIFICATE_UNREADABLE", `tls_server_config: ${cause.message}`, { cause });
  }
}

function readPem(source: PemSource): string | Buffer {
  return "text" in source ? source.text : readFileSync(source.file);
}

/** Whether the web configuration in force lets this connection in. */
export function isClientWelcome(socket: TLSSocket, { tls }: WebConfig): boolean {
  if (tls === undefined) return false;
  const certificate = socket.getPeerX509Certificate();
  const type = tls.clientAuthType;
  if (certificate === undefined) return !type.startsWith("Require") && tls.clientAllowedSans.length === 0;
  if (verifiesClients(type) && !socket.authorized) return false;
  return (
    tls.clientAllowedSans.length === 0 ||
    namesOf(certificate.subjectAltName).some((name) => tls.clientAllowedSans.includes(name))
  );
}

/** The values of `DNS:a, IP Address:b, URI:c`. Node quotes a value that holds a comma, so none can be smuggled in. */
function namesOf(subjectAltName: string | undefined): string[] {
  return (subjectAltName ?? "").split(", ").map((name) => name.slice(name.indexOf(":") + 1));
}
