import { execFileSync } from "node:child_process";
import { chownSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterEach, expect, test } from "vitest";
import { readConnectionSettings } from "../../src/fleet/connection-settings.ts";
import { FleetGateway } from "../../src/fleet/fleet-gateway.ts";
import type { FleetLink } from "../../src/fleet/fleet-link.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { anAlert, aPayload } from "../remediation/fake-remediation.ts";
import { RealPostgres } from "../kit/postgres.ts";
import { RecordingLogger } from "../kit/recording-logger.ts";
import { until } from "../kit/until.ts";
import { aFleetLink, FleetPath } from "./a-path.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function aPostgres(settings: readonly string[] = []): Promise<RealPostgres> {
  const postgres = await RealPostgres.start(settings);
  cleanups.push(() => postgres.destroy());
  return postgres;
}

async function aLink(...given: Parameters<typeof aFleetLink>): Promise<FleetLink> {
  const link = await aFleetLink(...given);
  cleanups.push(() => link.close());
  return link;
}

const ask = (link: FleetLink) => link.use((database) => database.query("select 1 as one"));
const untilItAnswers = (link: FleetLink) =>
  until("an answer", () =>
    ask(link).then(
      () => true,
      () => undefined,
    ),
  );

async function aHost(postgres: RealPostgres, given: { logger?: RecordingLogger } = {}): Promise<FleetPath> {
  const path = await FleetPath.create(postgres, { sidecar: "build", ...given });
  cleanups.push(() => path.destroy());
  return path;
}

test.each([
  ["older", "repopool_fleet", "update repopool_fleet.schema_version set version = 0"],
  ["newer", "repopool_fleet", "update repopool_fleet.schema_version set version = 2"],
  ["newer", "repopool_jobs", "update repopool_jobs.version set version = 99"],
])("a database of an %s version of %s is refused, named, and left as it is", async (_age, schema, change) => {
  const postgres = await aPostgres();
  await ask(await aLink(postgres));
  await postgres.query(change);
  const link = await aLink(postgres);
  await expect(ask(link)).rejects.toMatchObject({
    code: "FLEET_SCHEMA_MISMATCH",
    message: expect.stringContaining(schema) as string,
  });
  expect(link.problem()).toMatchObject({ code: "FLEET_SCHEMA_MISMATCH" });
  expect(link.isUp()).toBe(false);
});

test("two that begin at once in an empty database both get one", async () => {
  const postgres = await aPostgres();
  const links = await Promise.all([aLink(postgres), aLink(postgres), aLink(postgres)]);
  await Promise.all(links.map(untilItAnswers));
});

test("while PostgreSQL only reads, alerts are answered unavailable; afterwards they are taken, and the audit is whole", async () => {
  const postgres = await aPostgres();
  const path = await aHost(postgres);
  await path.start();
  await path.path.receive(aPayload([anAlert({}, { fingerprint: "a1" })]));
  await until("the first run", () => path.runs.length === 1 || undefined);

  await setReadOnly(postgres, true);
  const receive = () => path.path.receive(aPayload([anAlert({ slot: "workspace-demo-slot2" })]));
  await until("a refusal", async () => (await receive()).kind === "unavailable" || undefined);
  await setReadOnly(postgres, false);
  await until("a receipt", async () => (await receive()).kind === "accepted" || undefined);

  await until("the second run", () => path.runs.length === 2 || undefined);
  await until("both in the audit", async () => {
    const finished = (await path.path.list()).filter(({ state }) => state === "finished");
    return finished.length === 2 || undefined;
  });
});

async function setReadOnly(postgres: RealPostgres, isReadOnly: boolean): Promise<void> {
  const setting = `default_transaction_read_only = ${isReadOnly ? "on" : "off"}`;
  await postgres.query(`begin read write; alter role sidecar set ${setting}; commit`);
  // Sessions keep what they began with.
  await postgres.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'repo-pool-sidecar'",
  );
}

test("a PostgreSQL without a free connection is waited for, and nothing is lost", async () => {
  const postgres = await aPostgres(["max_connections = 6", "superuser_reserved_connections = 0"]);
  const link = await aLink(postgres);
  const gateway = new FleetGateway({ link, clock: systemClock, logger: silentLogger });
  const hogs = await Promise.all(Array.from({ length: 6 }, () => aConnection(postgres)));
  expect((await gateway.receive(aPayload([anAlert()]))).kind).toBe("unavailable");
  expect(link.problem()).toMatchObject({ code: "53300" });
  await Promise.all(hogs.map((hog) => hog.end()));
  await until("a receipt", async () => {
    const { kind } = await gateway.receive(aPayload([anAlert()]));
    return kind === "accepted" || undefined;
  });
});

async function aConnection(postgres: RealPostgres): Promise<Client> {
  const client = new Client({ connectionString: postgres.connectionString });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

test("what a host has run while PostgreSQL was away is in the audit when it is back, and the log is not full of it", async () => {
  const postgres = await aPostgres();
  const logger = new RecordingLogger();
  const path = await aHost(postgres, { logger });
  await path.start();
  await path.path.receive(aPayload([anAlert()]));
  await until("the run", () => path.runs.length === 1 || undefined);
  await postgres.kill();
  expect((await path.path.receive(aPayload([anAlert()]))).kind).toBe("unavailable");
  await postgres.start();
  await until("the recovery in the audit", async () => {
    const listed = await path.path.list().catch(() => []);
    return listed.some(({ state }) => state === "finished") || undefined;
  });
  expect(path.runs).toHaveLength(1);
  expect(logger.lines.filter(({ event }) => event === "fleet.unavailable").length).toBeLessThanOrEqual(2);
});

test("tables that somebody dropped are made anew, and the hosts register again", async () => {
  const postgres = await aPostgres();
  const path = await aHost(postgres);
  await path.start();
  await postgres.query("drop schema repopool_fleet cascade");
  await postgres.query("drop schema repopool_jobs cascade");
  await until("a receipt of the host's alert", async () => {
    const receipt = await path.path.receive(aPayload([anAlert()]));
    return (receipt.kind === "accepted" && receipt.decisions[0]?.decision === "queued") || undefined;
  });
  await until("the run", () => path.runs.length === 1 || undefined);
});

test("a new password is in force when its file is written, and no password is ever logged", async () => {
  const postgres = await aPostgres();
  const logger = new RecordingLogger();
  const connectionStringFile = join(postgres.root, "for-the-link");
  writeFileSync(connectionStringFile, postgres.connectionString);
  const link = await aLink(postgres, {
    files: { connectionStringFile, caFile: undefined },
    logger,
  });
  await ask(link);

  writeFileSync(connectionStringFile, postgres.connectionStringOf("sidecar", "wrong-password"));
  await expect(ask(link)).rejects.toMatchObject({ code: "28P01" });
  writeFileSync(connectionStringFile, "not-a-url wrong-password");
  await expect(ask(link)).rejects.toMatchObject({ code: "FLEET_CREDENTIALS_UNREADABLE" });
  writeFileSync(connectionStringFile, `${postgres.connectionString}\n`);
  expect(await ask(link)).toEqual([{ one: 1 }]);

  expect(logger.lines.map(({ event }) => event)).toContain("fleet.unavailable");
  expect(logger.text).not.toMatch(/wrong-password|secret-of-the-test/);
});

test.each(["", "no certificate"])("a certificate authority of %j is named", (text) => {
  const folder = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-ca-"));
  const [connectionStringFile, caFile] = [join(folder, "string"), join(folder, "ca.pem")];
  writeFileSync(connectionStringFile, "postgres://sidecar:secret@db.example/fleet");
  writeFileSync(caFile, text);
  expect(() => readConnectionSettings({ connectionStringFile, caFile }, 1)).toThrow(
    `${caFile}: expected certificates in PEM`,
  );
  rmSync(folder, { recursive: true });
});

/** The server's certificate is signed by itself; `other` is another one. */
async function aTlsPostgres(): Promise<RealPostgres> {
  const postgres = await aPostgres();
  for (const name of ["server", "other"]) {
    const files = ["-keyout", join(postgres.root, `${name}.key`), "-out", join(postgres.root, `${name}.crt`)];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...files, ...subject],
      {
        stdio: "pipe",
      },
    );
  }
  for (const kind of ["key", "crt"]) {
    const file = join(postgres.dataDirectory, `server.${kind}`);
    copyFileSync(join(postgres.root, `server.${kind}`), file);
    execFileSync("chmod", ["600", file]);
    if (process.getuid?.() === 0) chownSync(file, 65534, 65534);
  }
  await postgres.query("alter system set ssl = on");
  await postgres.kill();
  await postgres.start();
  return postgres;
}

test("with a certificate authority the server must prove its name, whatever the connection string says of TLS", async () => {
  const postgres = await aTlsPostgres();
  const connectionStringFile = join(postgres.root, "careless");
  writeFileSync(connectionStringFile, `${postgres.connectionString}?sslmode=disable`);
  const trusting = (name: string) => ({
    files: { connectionStringFile, caFile: join(postgres.root, `${name}.crt`) },
  });

  const link = await aLink(postgres, trusting("server"));
  const [row] = await link.use((database) =>
    database.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()"),
  );
  expect(row).toEqual({ ssl: true });

  const deceived = await aLink(postgres, trusting("other"));
  await expect(ask(deceived)).rejects.toMatchObject({
    code: expect.stringMatching(/CERT|SIGNATURE/) as string,
  });
  expect(readFileSync(connectionStringFile, "utf8")).toContain("sslmode=disable");
});
