import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { SecureVersion } from "node:tls";
import { truncates } from "bcryptjs";
import { parse } from "yaml";
import { z } from "zod";
import { asError } from "../../platform/coded-error.ts";

/** The exporter-toolkit's web configuration file, as far as Node can serve it. */
export interface WebConfig {
  readonly tls: TlsConfig | undefined;
  /** Sent with every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** User name to bcrypt hash. A map: a user named `__proto__` is one like any other. */
  readonly basicAuthUsers: ReadonlyMap<string, string>;
}

export interface TlsConfig {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string | undefined;
  readonly clientAuthType: ClientAuthType;
  readonly clientAllowedSans: readonly string[];
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
  /** OpenSSL's names; empty leaves Node's choice. */
  readonly cipherSuites: readonly string[];
  readonly curves: readonly string[];
  readonly isServerOrderPreferred: boolean;
}

/** Go's names of what a server wants from a client's certificate. */
export const clientAuthTypes = [
  "NoClientCert",
  "RequestClientCert",
  "RequireAnyClientCert",
  "VerifyClientCertIfGiven",
  "RequireAndVerifyClientCert",
] as const;
export type ClientAuthType = (typeof clientAuthTypes)[number];

export const emptyWebConfig: WebConfig = { tls: undefined, headers: {}, basicAuthUsers: new Map() };

export type WebConfigReading =
  | { readonly kind: "valid"; readonly config: WebConfig }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

const tlsVersions = { TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3" } as const;
const curves = {
  CurveP256: "prime256v1",
  CurveP384: "secp384r1",
  CurveP521: "secp521r1",
  X25519: "X25519",
} as const;
const ciphers = {
  TLS_AES_128_GCM_SHA256: "TLS_AES_128_GCM_SHA256",
  TLS_AES_256_GCM_SHA384: "TLS_AES_256_GCM_SHA384",
  TLS_CHACHA20_POLY1305_SHA256: "TLS_CHACHA20_POLY1305_SHA256",
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: "ECDHE-RSA-AES128-GCM-SHA256",
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: "ECDHE-RSA-AES256-GCM-SHA384",
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: "ECDHE-ECDSA-AES128-GCM-SHA256",
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: "ECDHE-ECDSA-AES256-GCM-SHA384",
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-RSA-CHACHA20-POLY1305",
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-ECDSA-CHACHA20-POLY1305",
} as const;

const headerNames = [
  "Strict-Transport-Security",
  "Content-Security-Policy",
  "X-Frame-Options",
  "X-Content-Type-Options",
  "X-XSS-Protection",
] as const;

function keysOf<K extends string>(table: Readonly<Record<K, string>>) {
  return z.enum(Object.keys(table) as [K, ...K[]]);
}

const headerChoices: Readonly<Partial<Record<(typeof headerNames)[number], readonly string[]>>> = {
  "X-Frame-Options": ["deny", "sameorigin"],
  "X-Content-Type-Options": ["nosniff"],
};

/** Blank leaves the header out, as the toolkit documents it. */
function headerValueOf(name: (typeof headerNames)[number]) {
  const choices = headerChoices[name];
  const isChoice = (value: string) =>
    value === "" || choices === undefined || choices.includes(value.toLowerCase());
  return z
    .string()
    .regex(/^[\t\x20-\x7e]*$/, "expected printable ASCII")
    .refine(isChoice, `expected ${(choices ?? []).join(" or ")}`);
}

const bcryptHash = z
  .string()
  .regex(/^\$2[aby]\$\d{2}\$[./A-Za-z0-9]{53}$/, "expected a bcrypt hash ($2a$, $2b$ or $2y$)");

const tlsSchema = z.strictObject({
  cert_file: z.string().min(1),
  key_file: z.string().min(1),
  client_ca_file: z.string().min(1).optional(),
  client_auth_type: z.enum(clientAuthTypes).default("NoClientCert"),
  client_allowed_sans: z.array(z.string().min(1)).default([]),
  min_version: keysOf(tlsVersions).default("TLS12"),
  max_version: keysOf(tlsVersions).default("TLS13"),
  cipher_suites: z.array(keysOf(ciphers)).default([]),
  curve_preferences: z.array(keysOf(curves)).default([]),
  prefer_server_cipher_suites: z.boolean().default(true),
});

const httpSchema = z.strictObject({
  http2: z.boolean().optional(),
  headers: z
    .strictObject(Object.fromEntries(headerNames.map((name) => [name, headerValueOf(name).optional()])))
    .optional(),
});

const webConfigSchema = z.strictObject({
  tls_server_config: tlsSchema.optional(),
  http_server_config: httpSchema.optional(),
  basic_auth_users: z.record(z.string().min(1), bcryptHash).nullish(),
});

const servedKeys: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(webConfigSchema.shape),
  tls_server_config: Object.keys(tlsSchema.shape),
  http_server_config: Object.keys(httpSchema.shape),
  "http_server_config.headers": headerNames,
};

/** Reads the file whole; relative paths inside it are relative to the file. Every problem is reported at once. */
export function readWebConfigFile(file: string): WebConfigReading {
  try {
    return parseWebConfig(readFileSync(file, "utf8"), dirname(resolve(file)));
  } catch (error) {
    return { kind: "invalid", problems: [`${file}: ${asError(error).message}`] };
  }
}

export function parseWebConfig(text: string, directory: string): WebConfigReading {
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    return { kind: "invalid", problems: [asError(error).message] };
  }
  const parsed = webConfigSchema.safeParse(document ?? {});
  if (!parsed.success) return { kind: "invalid", problems: parsed.error.issues.map(describeIssue) };
  const tls = parsed.data.tls_server_config;
  const problems = tls === undefined ? [] : tlsProblems(tls);
  if (problems.length > 0) return { kind: "invalid", problems };
  const headers = Object.entries(parsed.data.http_server_config?.headers ?? {});
  return {
    kind: "valid",
    config: {
      tls: tls === undefined ? undefined : toTlsConfig(tls, directory),
      headers: Object.fromEntries(
        headers.flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, value]])),
      ),
      basicAuthUsers: new Map(Object.entries(parsed.data.basic_auth_users ?? {})),
    },
  };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join(".");
  const where = path === "" ? "" : `${path}: `;
  if (issue.code !== "unrecognized_keys") return where + issue.message;
  return `${where}unknown key ${issue.keys.join(", ")}; served here: ${(servedKeys[path] ?? []).join(", ")}`;
}

function tlsProblems(tls: z.infer<typeof tlsSchema>): string[] {
  const isVerified = /^(Verify|RequireAndVerify)/.test(tls.client_auth_type);
  const problems = [];
  // Without a CA of its own, Node would trust every certificate that any public authority signed.
  if (isVerified && tls.client_ca_file === undefined) {
    problems.push(`tls_server_config.client_ca_file: needed for client_auth_type ${tls.client_auth_type}`);
  }
  if (!isVerified && tls.client_ca_file !== undefined) {
    problems.push(`tls_server_config.client_auth_type: ${tls.client_auth_type} does not use client_ca_file`);
  }
  if (!isVerified && tls.client_allowed_sans.length > 0) {
    problems.push("tls_server_config.client_allowed_sans: needs a client_auth_type that verifies");
  }
  if (tls.min_version > tls.max_version) problems.push("tls_server_config.min_version: above max_version");
  return problems;
}

function toTlsConfig(tls: z.infer<typeof tlsSchema>, directory: string): TlsConfig {
  return {
    certFile: resolve(directory, tls.cert_file),
    keyFile: resolve(directory, tls.key_file),
    clientCaFile: tls.client_ca_file === undefined ? undefined : resolve(directory, tls.client_ca_file),
    clientAuthType: tls.client_auth_type,
    clientAllowedSans: tls.client_allowed_sans,
    minVersion: tlsVersions[tls.min_version],
    maxVersion: tlsVersions[tls.max_version],
    cipherSuites: tls.cipher_suites.map((name) => ciphers[name]),
    curves: tls.curve_preferences.map((name) => curves[name]),
    isServerOrderPreferred: tls.prefer_server_cipher_suites,
  };
}

/** bcrypt ignores what follows the 72nd byte, so a longer password would be compared by its beginning alone. */
export function isPasswordTooLong(password: string): boolean {
  return truncates(password);
}
