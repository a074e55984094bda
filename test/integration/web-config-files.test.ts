import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealPool } from "../kit/real-pool.ts";
import { ServedProgram } from "../kit/served-program.ts";
import { until } from "../kit/until.ts";

/** Lines that the exporter-toolkit documents, each key that is served here in one of them. */
const documentedTls = `tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
  client_allowed_sans:
    - prometheus.example
    - 192.0.2.7
    - ops@example.org
    - spiffe://example.org/prometheus
  min_version: TLS12
  max_version: TLS13
  cipher_suites:
    - TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
    - TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
  prefer_server_cipher_suites: true
  curve_preferences:
    - CurveP256
    - X25519
`;
const documentedHttp = `http_server_config:
  http2: true
  headers:
    Content-Security-Policy: "default-src 'self'"
    X-Frame-Options: deny
    X-Content-Type-Options: nosniff
    X-XSS-Protection: "1; mode=block"
    Strict-Transport-Security: max-age=31536000; includeSubDomains
`;

let pool: RealPool;
let served: ServedProgram | undefined;

beforeEach(() => {
  pool = new RealPool(1);
});

afterEach(async () => {
  await served?.stop();
  served = undefined;
  pool.destroy();
});

const path = (name: string): string => join(pool.root, name);

async function serve(webConfig: string): Promise<void> {
  writeFileSync(path("web.yml"), webConfig);
  served = await ServedProgram.start(pool, { args: ["--web.config.file", path("web.yml")] });
}

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { cwd: pool.root, stdio: "ignore" });
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

function makeAuthority(name: string): void {
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-days",
    "2",
    "-subj",
    `/CN=${name}`,
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.crt`,
  );
}

/** A certificate that the authority signed, by a request as an operator makes one. */
function makeCertificate(name: string, names: string, authority = "ca"): void {
  openssl("req", ...newKey, "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
  writeFileSync(path(`${name}.ext`), `subjectAltName=${names}\n`);
  const signer = ["-CA", `${authority}.crt`, "-CAkey", `${authority}.key`, "-CAcreateserial"];
  openssl(
    "x509",
    "-req",
    "-in",
    `${name}.csr`,
    ...signer,
    "-days",
    "2",
    "-extfile",
    `${name}.ext`,
    "-out",
    `${name}.crt`,
  );
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly servedName: string;
}

/** Trusts the authority of the test alone, so that the server's certificate is verified for real. */
function get(urlPath: string, options: { certificate?: string; login?: string } = {}): Promise<Answer> {
  const { certificate, login } = options;
  const own =
    certificate === undefined
      ? {}
      : { cert: readFileSync(path(`${certificate}.crt`)), key: readFileSync(path(`${certificate}.key`)) };
  const auth = login === undefined ? {} : { auth: login };
  return new Promise((resolve, reject) => {
    const settings = { ca: readFileSync(path("ca.crt")), agent: false, ...own, ...auth };
    const sent = request(`https://${served?.address ?? ""}${urlPath}`, settings, (response) => {
      const { socket } = response;
      const subject = socket instanceof TLSSocket ? (socket.getPeerX509Certificate()?.subject ?? "") : "";
      response.resume();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, servedName: subject });
    });
    sent.on("error", reject);
    sent.end();
  });
}

test("every documented key that is served here is in force, with certificates that openssl made", async () => {
  makeAuthority("ca");
  makeAuthority("stranger");
  makeCertificate("server", "IP:127.0.0.1");
  const allowed = [
    "DNS:prometheus.example",
    "IP:192.0.2.7",
    "email:ops@example.org",
    "URI:spiffe://example.org/prometheus",
  ];
  for (const [index, name] of allowed.entries()) makeCertificate(`client${index}`, name);
  makeCertificate("other", "DNS:other.example");
  makeCertificate("forged", "DNS:prometheus.example", "stranger");
  await serve(documentedTls + documentedHttp);

  for (const index of allowed.keys())
    expect((await get("/metrics", { certificate: `client${index}` })).status, allowed[index]).toBe(200);
  for (const certificate of [undefined, "other", "forged"])
    await expect(get("/metrics", certificate === undefined ? {} : { certificate })).rejects.toThrow();
  const { headers } = await get("/", { certificate: "client0" });
  expect(headers).toMatchObject({
    "content-security-policy": "default-src 'self'",
    "x-frame-options": "deny",
    "x-content-type-options": "nosniff",
    "x-xss-protection": "1; mode=block",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
  });
});

test("a renewed certificate, a changed allowed name and a changed header are in force without a restart", async () => {
  makeAuthority("ca");
  makeCertificate("server", "IP:127.0.0.1");
  makeCertificate("client0", "DNS:prometheus.example");
  makeCertificate("other", "DNS:other.example");
  await serve(documentedTls);
  await expect(get("/metrics", { certificate: "other" })).rejects.toThrow();

  makeCertificate("renewed", "IP:127.0.0.1");
  const renewed = documentedTls
    .replace("server.crt", "renewed.crt")
    .replace("server.key", "renewed.key")
    .replace("- prometheus.example", "- other.example");
  writeFileSync(path("web.yml"), renewed + documentedHttp);
  // A handshake that had begun ends with the certificate that it began with.
  const answer = await until("the new file to be in force", async () => {
    const given = await get("/metrics", { certificate: "other" }).catch(() => undefined);
    return given?.servedName === "CN=renewed" ? given : undefined;
  });
  expect(answer.headers).toMatchObject({ "x-frame-options": "deny" });
  await expect(get("/metrics", { certificate: "client0" })).rejects.toThrow();
});

/** As the toolkit's documentation makes one, the password on standard input. */
function htpasswd(user: string, password: string): string {
  const line = execFileSync("htpasswd", ["-niBC", "5", user], { input: password, encoding: "utf8" }).trim();
  return `  ${line.replace(":", ": ")}\n`;
}

async function statusOf(login: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(login).toString("base64")}`;
  return (await fetch(`http://${served?.address ?? ""}/-/healthy`, { headers: { authorization } })).status;
}

test("users whose passwords htpasswd hashed come in, and are changed without a restart", async () => {
  const password = "a pass:word with ünicode";
  await serve(`basic_auth_users:\n${htpasswd("alice", password)}${htpasswd("bob", "second")}`);
  expect(await statusOf(`alice:${password}`)).toBe(200);
  expect(await statusOf("bob:second")).toBe(200);
  expect(await statusOf("alice:second")).toBe(401);
  expect(await statusOf(`carol:${password}`)).toBe(401);

  writeFileSync(path("web.yml"), `basic_auth_users:\n${htpasswd("carol", "third")}`);
  await until("carol to come in", async () => ((await statusOf("carol:third")) === 200 ? true : undefined));
  expect(await statusOf(`alice:${password}`)).toBe(401);
});

test("a key that is not known ends the start with the list of those that are", async () => {
  writeFileSync(path("web.yml"), "rate_limits: { interval: 1s, burst: 20 }\n");
  const failing = ServedProgram.start(pool, { args: ["--web.config.file", path("web.yml")] });
  await expect(failing).rejects.toThrow(/unknown key.*rate_limits/);
});
