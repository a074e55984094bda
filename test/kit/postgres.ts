import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { freePort } from "./free-port.ts";
import { until } from "./until.ts";

const home = "/usr/lib/postgresql";
/** An account that owns nothing: PostgreSQL refuses to run as root. */
const unprivileged = { uid: 65534, gid: 65534 };

/** A PostgreSQL of a test's own, in a directory of its own, on a port of 127.0.0.1. */
export class RealPostgres {
  readonly root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-postgres-"));
  readonly port: number;
  readonly #bin: string;
  #server: ChildProcess | undefined;

  private constructor(port: number) {
    const version = readdirSync(home).sort((one, other) => Number(other) - Number(one))[0];
    this.#bin = join(home, version ?? "", "bin");
    this.port = port;
  }

  /** `settings` are lines of postgresql.conf. */
  static async start(settings: readonly string[] = []): Promise<RealPostgres> {
    const postgres = new RealPostgres(await freePort());
    postgres.#initialize(settings);
    await postgres.start();
    return postgres;
  }

  get connectionString(): string {
    return this.connectionStringOf("sidecar", "secret-of-the-test");
  }

  connectionStringOf(user: string, password: string): string {
    return `postgres://${user}:${password}@127.0.0.1:${this.port}/postgres`;
  }

  /** A file with the connection string, as `queue.postgres.connection_string_file` takes it. */
  get connectionStringFile(): string {
    return join(this.root, "connection-string");
  }

  get dataDirectory(): string {
    return join(this.root, "data");
  }

  /** Begins, or begins again if it was stopped. */
  async start(): Promise<void> {
    const run = `unix_socket_directories=${this.root}`;
    this.#server = spawn(
      join(this.#bin, "postgres"),
      ["-D", this.dataDirectory, "-p", String(this.port), "-c", run, "-c", "listen_addresses=127.0.0.1"],
      { stdio: "ignore", ...this.#identity() },
    );
    await until("PostgreSQL to take connections", () =>
      this.query("select 1").then(
        () => true,
        () => undefined,
      ),
    );
  }

  /** Ends it as a power cut would, connections and all. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, "close");
    // SIGQUIT: at once, with recovery at the next start; SIGKILL would leave its children behind.
    server.kill("SIGQUIT");
    await closed;
  }

  /** One statement by the superuser. */
  async query(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: this.connectionString, connectionTimeoutMillis: 2000 });
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  async destroy(): Promise<void> {
    await this.kill();
    rmSync(this.root, { recursive: true, force: true });
  }

  #initialize(settings: readonly string[]): void {
    const passwordFile = join(this.root, "password");
    writeFileSync(passwordFile, "secret-of-the-test");
    writeFileSync(this.connectionStringFile, `${this.connectionString}\n`, { mode: 0o600 });
    chmodSync(this.root, 0o755);
    const { uid, gid } = this.#identity();
    if (uid !== undefined && gid !== undefined) {
      chownSync(this.root, uid, gid);
      chownSync(passwordFile, uid, gid);
    }
    execFileSync(
      join(this.#bin, "initdb"),
      [
        "-D",
        this.dataDirectory,
        "-U",
        "sidecar",
        "--pwfile",
        passwordFile,
        "-A",
        "scram-sha-256",
        "-N",
        "-E",
        "UTF8",
      ],
      { stdio: "pipe", ...this.#identity() },
    );
    // A test has no use for the disk's own pace; a killed server still has everything that was committed.
    const quick = ["fsync = off", "shared_buffers = 16MB", ...settings];
    writeFileSync(join(this.dataDirectory, "postgresql.conf"), `${quick.join("\n")}\n`, { flag: "a" });
  }

  #identity(): { uid?: number; gid?: number } {
    return process.getuid?.() === 0 ? unprivileged : {};
  }
}
