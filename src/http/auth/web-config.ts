import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { SecureVersion } from "node:tls";
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
  readonly rateLimit: RateLimitSettings | undefined;
}

/** A token bucket: it holds `burst` requests, and gets one back each `intervalMilliseconds`. */
export interface RateLimitSettings {
  readonly intervalMilliseconds: number;
  readonly burst: number;
}

/** A certificate or key in PEM form: in a file, or in the configuration itself. */
export type PemSource = { readonly file: string } | { readonly text: string };

export interface TlsConfig {
  readonly cert: PemSource;
  readonly key: PemSource;
  readonly clientCa: PemSource | undefined;
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

export const emptyWebConfig: WebConfig = {
  tls: undefined,
  headers: {},
  basicAuthUsers: new Map(),
  rateLimit: undefined,
};

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
/** Those of TLS 1.3 cannot be chosen in Go: all three are always on. */
const tls13Ciphers = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
] as const;
/** Go's names of what `tls.CipherSuites()` lists, and OpenSSL's. */
const ciphers = {
  TLS_AES_128_GCM_SHA256: "TLS_AES_128_GCM_SHA256",
  TLS_AES_256_GCM_SHA384: "TLS_AES_256_GCM_SHA384",
  TLS_CHACHA20_POLY1305_SHA256: "TLS_CHACHA20_POLY1305_SHA256",
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: "ECDHE-RSA-AES128-SHA",
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: "ECDHE-RSA-AES256-SHA",
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: "ECDHE-ECDSA-AES128-SHA",
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: "ECDHE-ECDSA-AES256-SHA",
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

/** Left out and empty are the same, as in the toolkit. */
const text = z.string().default("");
const clientAuthType = z.preprocess(
  // The toolkit's older name.
  (value) => (value === "RequireClientCert" ? "RequireAnyClientCert" : value === "" ? undefined : value),
  z.enum(clientAuthTypes).default("NoClientCert"),
);

const tlsSchema = z.strictObject({
  cert_file: text,
  cert: text,
  key_file: text,
  key: text,
  client_ca_file: text,
  client_ca: text,
  client_auth_type: clientAuthType,
  client_allowed_sans: z.array(z.string().min(1)).default([]),
  min_version: keysOf(tlsVersions).default("TLS12"),
  max_version: keysOf(tlsVersions).default("TLS13"),
  cipher_suites: z.array(keysOf(ciphers)).default([]),
  curve_preferences: z.array(keysOf(curves)).default([]),
  prefer_server_cipher_suites: z.boolean().default(true),
});
type TlsSection = z.infer<typeof tlsSchema>;

const httpSchema = z.strictObject({
  http2: z.boolean().optional(),
  headers: z
    .strictObject(Object.fromEntries(headerNames.map((name) => [name, headerValueOf(name).optional()])))
    .nullish(),
});

const aGoDuration = "expected a duration such as 100ms, 1s or 1m30s";
const rateLimitSchema = z.strictObject({
  interval: z
    .union([z.string(), z.int().nonnegative()], { error: aGoDuration })
    .default(0)
    .transform((written, context) => {
      // Go reads a bare number as nanoseconds.
      const milliseconds = typeof written === "number" ? written / 1e6 : parseGoDuration(written);
      if (milliseconds !== undefined) return milliseconds;
      context.addIssue({ code: "custom", message: aGoDuration });
      return z.NEVER;
    }),
  burst: z.int().nonnegative().default(0),
});

const webConfigSchema = z.strictObject({
  tls_server_config: tlsSchema.nullish(),
  http_server_config: httpSchema.nullish(),
  basic_auth_users: z.record(z.string().min(1), bcryptHash).nullish(),
  rate_limit: rateLimitSchema.nullish(),
});

const servedKeys: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(webConfigSchema.shape),
  tls_server_config: Object.keys(tlsSchema.shape),
  http_server_config: Object.keys(httpSchema.shape),
  "http_server_config.headers": headerNames,
  rate_limit: Object.keys(rateLimitSchema.shape),
};

/** Reads the file whole; relative paths inside it are relative to the file. Every problem is reported at once. */
export function readWebConfigFile(file: string): WebConfigReading {
  try {
    return parseWebConfig(readFileSync(file, "utf8"), dirname(resolve(file)));
  } catch (error) {
    return { kind: "invalid", problems: [`${file}: ${asError(error).message}`] };
  }
}

export function parseWebConfig(written: string, directory: string): WebConfigReading {
  let document: unknown;
  try {
    document = parse(written, { maxAliasCount: 0 });
  } catch (error) {
    return { kind: "invalid", problems: [asError(error).message] };
  }
  const parsed = webConfigSchema.safeParse(document ?? {});
  if (!parsed.success) return { kind: "invalid", problems: parsed.error.issues.map(describeIssue) };
  const { tls_server_config: section, http_server_config: http, rate_limit: limit } = parsed.data;
  // As in the toolkit, a section that sets none of these does not turn TLS on.
  const tls = section && hasTls(section) ? section : undefined;
  const problems = [...(tls === undefined ? [] : tlsProblems(tls)), ...rateLimitProblems(limit)];
  if (problems.length > 0) return { kind: "invalid", problems };
  const headers = Object.entries(http?.headers ?? {});
  return {
    kind: "valid",
    config: {
      tls: tls === undefined ? undefined : toTlsConfig(tls, directory),
      headers: Object.fromEntries(
        headers.flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, value]])),
      ),
      basicAuthUsers: new Map(Object.entries(parsed.data.basic_auth_users ?? {})),
      rateLimit: limit?.interval ? { intervalMilliseconds: limit.interval, burst: limit.burst } : undefined,
    },
  };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join(".");
  const where = path === "" ? "" : `${path}: `;
  if (issue.code !== "unrecognized_keys") return where + issue.message;
  return `${where}unknown key ${issue.keys.join(", ")}; served here: ${(servedKeys[path] ?? []).join(", ")}`;
}

function hasTls({ client_auth_type: type, ...tls }: TlsSection): boolean {
  const set = [tls.cert_file, tls.cert, tls.key_file, tls.key, tls.client_ca_file, tls.client_ca];
  return type !== "NoClientCert" || set.some((value) => value !== "");
}

function tlsProblems(tls: TlsSection): string[] {
  const type = tls.client_auth_type;
  const hasAuthority = tls.client_ca_file !== "" || tls.client_ca !== "";
  const problems: string[] = [];
  for (const name of ["cert", "key"] as const)
    if (tls[name] === "" && tls[`${name}_file`] === "")
      problems.push(`${name}_file: this or ${name} is needed`);
  for (const name of ["cert", "key", "client_ca"] as const)
    if (tls[name] !== "" && tls[`${name}_file`] !== "") problems.push(`${name}: ${name}_file is given too`);
  // Without a CA of its own, Node would trust every certificate that any public authority signed.
  if (verifiesClients(type) && !hasAuthority)
    problems.push(`client_ca_file: needed for client_auth_type ${type}`);
  if (type === "NoClientCert" && hasAuthority)
    problems.push("client_auth_type: NoClientCert asks for no certificate that client_ca_file could verify");
  // With these a client gets in without a certificate, and the names would keep nobody out.
  if (/^(?:No|Request)ClientCert$/.test(type) && tls.client_allowed_sans.length > 0)
    problems.push("client_allowed_sans: needs a client_auth_type that requires or verifies a certificate");
  if (tls.min_version > tls.max_version) problems.push("min_version: above max_version");
  return problems.map((problem) => `tls_server_config.${problem}`);
}

/** Whether a certificate that gets through has been signed by the configured authority. */
export function verifiesClients(type: ClientAuthType | undefined): boolean {
  return type === "VerifyClientCertIfGiven" || type === "RequireAndVerifyClientCert";
}

function rateLimitProblems(limit: z.infer<typeof rateLimitSchema> | null | undefined): string[] {
  const isClosed = limit && limit.interval > 0 && limit.burst === 0;
  return isClosed ? ["rate_limit.burst: nothing would be answered; expected 1 or more"] : [];
}

function toTlsConfig(tls: TlsSection, directory: string): TlsConfig {
  const pem = (name: "cert" | "key" | "client_ca"): PemSource =>
    tls[name] === "" ? { file: resolve(directory, tls[`${name}_file`]) } : { text: tls[name] };
  const hasAuthority = tls.client_ca_file !== "" || tls.client_ca !== "";
  return {
    cert: pem("cert"),
    key: pem("key"),
    clientCa: hasAuthority ? pem("client_ca") : undefined,
    clientAuthType: tls.client_auth_type,
    clientAllowedSans: tls.client_allowed_sans,
    minVersion: tlsVersions[tls.min_version],
    maxVersion: tlsVersions[tls.max_version],
    cipherSuites: toOpenSslNames(tls.cipher_suites),
    curves: tls.curve_preferences.map((name) => curves[name]),
    isServerOrderPreferred: tls.prefer_server_cipher_suites,
  };
}

/** Without those of TLS 1.3, Node would serve no TLS 1.3. */
function toOpenSslNames(names: TlsSection["cipher_suites"]): string[] {
  if (names.length === 0) return [];
  return [...new Set([...tls13Ciphers, ...names.map((name) => ciphers[name])])];
}

const goUnitMilliseconds = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** `1m30s` as Go reads it, without a sign. Undefined if it is none. */
function parseGoDuration(written: string): number | undefined {
  if (written === "0") return 0;
  const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
  if (!new RegExp(`^(?:${part.source})+$`).test(written)) return undefined;
  return [...written.matchAll(part)].reduce(
    (sum, [, amount, unit]) =>
      sum + Number(amount) * goUnitMilliseconds[unit as keyof typeof goUnitMilliseconds],
    0,
  );
}
