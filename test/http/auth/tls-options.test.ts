import { execFileSync } from "node:child_process";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { connect as connectPlainly } from "node:net";
import { join } from "node:path";
import { connect, type ConnectionOptions } from "node:tls";
import { expect, test, vi } from "vitest";
import type { HttpSettings } from "../../../src/http/http-settings.ts";
import { aDirectory, aServer } from "../a-server.ts";
import { fakeHttpDependencies } from "../fake-http-dependencies.ts";

/** A self-signed certificate, `<name>.crt` and `<name>.key`, made as an operator makes one. */
function makeCertificate(directory: string, name: string, san = "IP:127.0.0.1"): void {
  const files = ["-keyout", join(directory, `${name}.key`), "-out", join(directory, `${name}.crt`)];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const names = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=${san}`];
  execFileSync("openssl", ["req", "-x509", ...curve, ...files, ...names], { stdio: "ignore" });
}

interface Client {
  readonly address: string;
  readonly directory: string;
  readonly certificate?: string;
}

function reload({ address, directory, certificate }: Client): Promise<number> {
  const own =
    certificate === undefined
      ? {}
      : {
          cert: readFileSync(join(directory, `${certificate}.crt`)),
          key: readFileSync(join(directory, `${certificate}.key`)),
        };
  return new Promise((resolve, reject) => {
    const options = { method: "POST", rejectUnauthorized: false, agent: false, ...own };
    const sent = request(`https://${address}/-/reload`, options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject);
    sent.end();
  });
}

async function aTlsServer(clientSettings: readonly string[], settings: Partial<HttpSettings> = {}) {
  const directory = aDirectory();
  makeCertificate(directory, "server");
  makeCertificate(directory, "prometheus", "DNS:prometheus.example");
  makeCertificate(directory, "stranger", "DNS:prometheus.example");
  const file = join(directory, "web.yml");
  const lines = [
    "tls_server_config:",
    "  cert_file: server.crt",
    "  key_file: server.key",
    ...clientSettings,
  ];
  writeFileSync(file, lines.join("\n"));
  const { dependencies, callsOf } = fakeHttpDependencies();
  const { address } = await aServer(dependencies, { ...settings, webConfig: { file } });
  return { address, directory, file, callsOf };
}

const verify = ["  client_ca_file: prometheus.crt", "  client_auth_type: RequireAndVerifyClientCert"];

test("a verified client certificate may change something, under its own name", async () => {
  const { callsOf, ...client } = await aTlsServer([...verify, "  client_allowed_sans: [prometheus.example]"]);
  expect(await reload({ ...client, certificate: "prometheus" })).toBe(200);
  expect(callsOf("reload")).toEqual([{ operator: "prometheus" }]);
});

test("a certificate's common name has the role that is listed, and one that is not listed may look", async () => {
  const credentials = [{ certificate: "prometheus", role: "read" }] as const;
  const client = await aTlsServer(verify, { credentials });
  expect(await reload({ ...client, certificate: "prometheus" })).toBe(403);
  const other = await aTlsServer(verify, { credentials: [{ certificate: "ops", role: "operate" }] });
  expect(await reload({ ...other, certificate: "prometheus" })).toBe(403);
});

test("without a certificate, or with one that another authority signed, there is no connection", async () => {
  const client = await aTlsServer(verify);
  await expect(reload(client)).rejects.toThrow();
  await expect(reload({ ...client, certificate: "stranger" })).rejects.toThrow();
});

test("a certificate whose names are not allowed gets no connection", async () => {
  const client = await aTlsServer([...verify, "  client_allowed_sans: [other.example]"]);
  await expect(reload({ ...client, certificate: "prometheus" })).rejects.toThrow();
});

test("a certificate that nobody verified proves nothing", async () => {
  const client = await aTlsServer(["  client_auth_type: RequireAnyClientCert"]);
  expect(await reload({ ...client, certificate: "stranger" })).toBe(403);
});

test("where a certificate is optional, one that does not verify is still refused", async () => {
  const client = await aTlsServer([
    "  client_ca_file: prometheus.crt",
    "  client_auth_type: VerifyClientCertIfGiven",
  ]);
  expect(await reload(client)).toBe(401);
  await expect(reload({ ...client, certificate: "stranger" })).rejects.toThrow();
  expect(await reload({ ...client, certificate: "prometheus" })).toBe(200);
});

test("a certificate and a key can stand in the file itself", async () => {
  const directory = aDirectory();
  makeCertificate(directory, "server");
  const pem = (extension: string) =>
    readFileSync(join(directory, `server.${extension}`), "utf8").replaceAll(/^/gm, "    ");
  const file = join(directory, "web.yml");
  writeFileSync(file, `tls_server_config:\n  cert: |\n${pem("crt")}\n  key: |\n${pem("key")}\n`);
  const { dependencies } = fakeHttpDependencies();
  const { address } = await aServer(dependencies, { webConfig: { file } });
  expect(await servedName(address)).toBe("server");
});

test("a certificate that is none is a mistake of the web configuration", async () => {
  const directory = aDirectory();
  const file = join(directory, "web.yml");
  writeFileSync(file, "tls_server_config: { cert: nonsense, key: nonsense }");
  const { dependencies } = fakeHttpDependencies();
  await expect(aServer(dependencies, { webConfig: { file } })).rejects.toMatchObject({
    code: "CERTIFICATE_UNREADABLE",
  });
});

test("a certificate that any authority signed is let in where one is asked for, and its names count", async () => {
  const any = ["  client_auth_type: RequireAnyClientCert", "  client_ca_file: prometheus.crt"];
  const client = await aTlsServer([...any, "  client_allowed_sans: [prometheus.example]"]);
  expect(await reload({ ...client, certificate: "stranger" })).toBe(403);
  await expect(reload({ ...client, certificate: "server" })).rejects.toThrow();
  await expect(reload(client)).rejects.toThrow();
});

test("a request without TLS is answered 400 with words, and one with TLS goes on", async () => {
  const { address } = await aTlsServer([]);
  const refused = await fetch(`http://${address}/metrics`);
  expect([refused.status, await refused.text()]).toEqual([
    400,
    "Client sent an HTTP request to an HTTPS server.\n",
  ]);
  expect(await servedName(address)).toBe("server");
});

test("what is neither HTTP nor TLS is closed", async () => {
  const { address } = await aTlsServer([]);
  const [host, port] = address.split(":");
  const socket = connectPlainly({ host: host!, port: Number(port) });
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.on("error", () => undefined).write("\0\0\0\0nonsense");
  await closed;
  expect(await servedName(address)).toBe("server");
});

test("cipher suites of TLS 1.2 leave TLS 1.3 on, and are the only ones below it", async () => {
  const { address } = await aTlsServer(["  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA]"]);
  expect(await cipherOf(address, {})).toContain("TLSv1.3");
  expect(await cipherOf(address, { maxVersion: "TLSv1.2" })).toContain("ECDHE-ECDSA-AES256-SHA");
  await expect(
    cipherOf(address, { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" }),
  ).rejects.toThrow();
});

test("the versions, curves and the order of suites that the file names are what a client gets", async () => {
  const suites = ["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"];
  const { address: newest } = await aTlsServer(["  min_version: TLS13"]);
  await expect(cipherOf(newest, { maxVersion: "TLSv1.2" })).rejects.toThrow();
  const { address } = await aTlsServer([
    ...["  max_version: TLS12", "  curve_preferences: [CurveP256]", "  prefer_server_cipher_suites: true"],
    `  cipher_suites: [${suites.join(", ")}]`,
  ]);
  await expect(cipherOf(address, { minVersion: "TLSv1.3" })).rejects.toThrow();
  await expect(cipherOf(address, { ecdhCurve: "X25519" })).rejects.toThrow();
  const ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA";
  expect(await cipherOf(address, { ciphers })).toEqual(["TLSv1.2", "ECDHE-ECDSA-AES256-SHA"]);
});

test("RequestClientCert lets everybody in, and nobody change anything", async () => {
  const client = await aTlsServer([
    "  client_ca_file: prometheus.crt",
    "  client_auth_type: RequestClientCert",
  ]);
  for (const certificate of ["prometheus", "stranger"])
    expect(await reload({ ...client, certificate }), certificate).toBe(403);
  expect(await reload(client)).toBe(403);
});

test("a renewed certificate is served without a restart", async () => {
  const { address, directory } = await aTlsServer([]);
  makeCertificate(directory, "renewed");
  renameSync(join(directory, "renewed.key"), join(directory, "server.key"));
  renameSync(join(directory, "renewed.crt"), join(directory, "server.crt"));
  await vi.waitFor(async () => {
    expect(await servedName(address)).toBe("renewed");
  }, 4000);
});

test("a web configuration that became invalid leaves the one before it in force", async () => {
  const { callsOf, file, ...client } = await aTlsServer(verify);
  writeFileSync(file, "nonsense: true");
  await new Promise((resolve) => setTimeout(resolve, 1300));
  await expect(reload(client)).rejects.toThrow();
  expect(await reload({ ...client, certificate: "prometheus" })).toBe(200);
  expect(callsOf("reload")).toHaveLength(1);
});

/** The version and the cipher that both sides agree on. */
function cipherOf(address: string, options: ConnectionOptions): Promise<string[]> {
  const [host, port] = address.split(":");
  return new Promise((resolve, reject) => {
    const wanted = { host: host!, port: Number(port), rejectUnauthorized: false, ...options };
    const socket = connect(wanted, () => {
      resolve([socket.getProtocol() ?? "", socket.getCipher().name]);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

function servedName(address: string): Promise<string | undefined> {
  const [host, port] = address.split(":");
  return new Promise((resolve, reject) => {
    const socket = connect({ host: host!, port: Number(port), rejectUnauthorized: false }, () => {
      const name = socket.getPeerCertificate().subject.CN;
      socket.destroy();
      resolve(Array.isArray(name) ? name[0] : name);
    });
    socket.on("error", reject);
  });
}
