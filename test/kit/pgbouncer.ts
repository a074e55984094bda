import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { freePort } from "./free-port.ts";
import type { RealPostgres } from "./postgres.ts";
import { until } from "./until.ts";

/** A PgBouncer before a test's PostgreSQL, with the settings of docs/fleet.md. */
export class RealPgBouncer {
  readonly port: number;
  readonly #postgres: RealPostgres;
  readonly #server: ChildProcess;

  private constructor(port: number, postgres: RealPostgres, server: ChildProcess) {
    this.port = port;
    this.#postgres = postgres;
    this.#server = server;
  }

  /** `settings` are lines of its section `[pgbouncer]`. */
  static async start(postgres: RealPostgres, settings: string): Promise<RealPgBouncer> {
    const port = await freePort();
    const { username, password, pathname } = new URL(postgres.connectionString);
    const users = join(postgres.root, "pgbouncer-users");
    writeFileSync(users, `"${username}" "${password}"\n`);
    const config = join(postgres.root, "pgbouncer.ini");
    writeFileSync(
      config,
      `[databases]
${pathname.slice(1)} = host=127.0.0.1 port=${postgres.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
admin_users = ${username}
${settings}
`,
    );
    for (const file of [users, config]) chmodSync(file, 0o644);
    // It refuses to run as root, as PostgreSQL does.
    const identity = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const server = spawn("/usr/sbin/pgbouncer", ["-q", config], { stdio: "ignore", ...identity });
    const bouncer = new RealPgBouncer(port, postgres, server);
    await until("PgBouncer to take connections", () =>
      bouncer.command("SHOW VERSION").then(
        () => true,
        () => undefined,
      ),
    );
    return bouncer;
  }

  get connectionString(): string {
    const url = new URL(this.#postgres.connectionString);
    url.port = String(this.port);
    return url.href;
  }

  /** A command on its console. */
  async command(command: string): Promise<void> {
    const url = new URL(this.connectionString);
    url.pathname = "/pgbouncer";
    const client = new Client({ connectionString: url.href, connectionTimeoutMillis: 2000 });
    client.on("error", () => undefined);
    await client.connect();
    try {
      await client.query(command);
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    if (this.#server.exitCode !== null) return;
    const closed = once(this.#server, "close");
    this.#server.kill("SIGTERM");
    await closed;
  }
}
