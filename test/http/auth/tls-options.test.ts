import { execFileSync } from "node:child_process";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, test, vi } from "vitest";
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

async function aTlsServer(clientSettings: readonly string[]) {
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
  const { address } = await aServer(dependencies, { webConfig: { file } });
  return { address, directory, file, callsOf };
}

const verify = ["  client_ca_file: prometheus.crt", "  client_auth_type: RequireAndVerifyClientCert"];

test("a verified client certificate may change something, under its own name", async () => {
  const { callsOf, ...client } = await aTlsServer([...verify, "  client_allowed_sans: [prometheus.example]"]);
  expect(await reload({ ...client, certificate: "prometheus" })).toBe(200);
  expect(callsOf("reload")).toEqual([{ operator: "prometheus" }]);
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
