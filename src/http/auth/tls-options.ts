import { readFileSync } from "node:fs";
import type { ServerOptions } from "node:https";
import type { TLSSocket } from "node:tls";
import { UsageError, asError } from "../../platform/coded-error.ts";
import type { TlsConfig, WebConfig } from "./web-config.ts";

/** @throws UsageError `CERTIFICATE_UNREADABLE` */
export function readTlsOptions(tls: TlsConfig): ServerOptions {
  try {
    return {
      cert: readFileSync(tls.certFile),
      key: readFileSync(tls.keyFile),
      ...(tls.clientCaFile === undefined ? {} : { ca: readFileSync(tls.clientCaFile) }),
      minVersion: tls.minVersion,
      maxVersion: tls.maxVersion,
      honorCipherOrder: tls.isServerOrderPreferred,
      ...(tls.cipherSuites.length === 0 ? {} : { ciphers: tls.cipherSuites.join(":") }),
      ...(tls.curves.length === 0 ? {} : { ecdhCurve: tls.curves.join(":") }),
      requestCert: tls.clientAuthType !== "NoClientCert",
      // Judged by `isClientWelcome`, which follows the configuration while the listener stays open.
      rejectUnauthorized: false,
    };
  } catch (error) {
    const cause = asError(error);
    throw new UsageError("CERTIFICATE_UNREADABLE", `tls_server_config: ${cause.message}`, { cause });
  }
}

/** Whether the web configuration in force lets this connection in. */
export function isClientWelcome(socket: TLSSocket, { tls }: WebConfig): boolean {
  if (tls === undefined) return false;
  const certificate = socket.getPeerX509Certificate();
  switch (tls.clientAuthType) {
    case "NoClientCert":
    case "RequestClientCert":
      return true;
    case "RequireAnyClientCert":
      return certificate !== undefined;
    case "VerifyClientCertIfGiven":
      if (certificate === undefined) return tls.clientAllowedSans.length === 0;
      break;
    case "RequireAndVerifyClientCert":
      break;
  }
  if (certificate === undefined || !socket.authorized) return false;
  return (
    tls.clientAllowedSans.length === 0 ||
    namesOf(certificate.subjectAltName).some((name) => tls.clientAllowedSans.includes(name))
  );
}

/** The values of `DNS:a, IP Address:b, URI:c`. Node quotes a value that holds a comma, so none can be smuggled in. */
function namesOf(subjectAltName: string | undefined): string[] {
  return (subjectAltName ?? "").split(", ").map((name) => name.slice(name.indexOf(":") + 1));
}
