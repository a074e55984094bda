import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { RealPostgres } from "./postgres.ts";
import type { RealPool } from "./real-pool.ts";
import { ServedProgram } from "./served-program.ts";

export const fleetToken = "fleet-token";
const fleetHeaders = { "content-type": "application/json", authorization: `Bearer ${fleetToken}` };

interface HostOptions {
  readonly sidecar: string;
  /** Loopback address and port; the system chooses if the port is 0. */
  readonly listenAddress?: string;
  /** Sections of the configuration that differ from the fleet's. */
  readonly config?: Readonly<Record<string, object>>;
}

/** Gateways and hosts of the built program, over one PostgreSQL. */
export class RealFleet {
  readonly root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-fleet-"));
  readonly #postgres: RealPostgres;
  readonly #running = new Set<ServedProgram>();
  #gatewayCount = 0;

  constructor(postgres: RealPostgres) {
    this.#postgres = postgres;
    writeFileSync(this.tokenFile, fleetToken);
  }

  get tokenFile(): string {
    return join(this.root, "token");
  }

  async startGateway(listenAddress = "127.0.0.1:0"): Promise<ServedProgram> {
    this.#gatewayCount += 1;
    const root = join(this.root, `gateway-${this.#gatewayCount}`);
    mkdirSync(root);
    const config = stringify({
      queue: this.#queue,
      remediation: { auth: { bearer_token_file: this.tokenFile } },
    });
    const place = { root, workspacesDir: join(root, "no-pools") };
    return this.#started(ServedProgram.start(place, { config, listenAddress, args: ["--role", "gateway"] }));
  }

  async startHost(
    pool: RealPool,
    { sidecar, listenAddress, config = {} }: HostOptions,
  ): Promise<ServedProgram> {
    const remediation = {
      enabled: true,
      auth: { bearer_token_file: this.tokenFile },
      ...config["remediation"],
    };
    const text = stringify({
      collector: { schedule: "* * * * * *" },
      recovery: { budget_per_hour: 10_000, max_unhealthy_ratio: 1 },
      ...config,
      queue: { ...this.#queue, sidecar, ...config["queue"] },
      remediation,
    });
    return this.#started(
      ServedProgram.start(pool, { config: text, ...(listenAddress === undefined ? {} : { listenAddress }) }),
    );
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((served) => served.stop()));
    this.#running.clear();
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Ends it as the kernel would. */
  async kill(served: ServedProgram): Promise<void> {
    this.#running.delete(served);
    await served.kill();
  }

  get #queue() {
    return {
      driver: "postgres",
      postgres: { connection_string_file: this.#postgres.connectionStringFile },
    };
  }

  async #started(starting: Promise<ServedProgram>): Promise<ServedProgram> {
    const served = await starting;
    this.#running.add(served);
    return served;
  }
}

/** Of a served program's API, as JSON. */
export async function getJson(served: ServedProgram, path: string): Promise<unknown> {
  return JSON.parse(await served.get(path)) as unknown;
}

/** @returns the status */
export async function postDecision(
  served: ServedProgram,
  recoveryId: string,
  decision: "approve" | "reject",
): Promise<number> {
  const url = `http://${served.address}/api/v1/recoveries/${recoveryId}/${decision}`;
  return (await fetch(url, { method: "POST", headers: fleetHeaders, body: "{}" })).status;
}

/** Posts a notification of these alerts. @returns status and body */
export async function postAlerts(
  served: ServedProgram,
  alerts: readonly object[],
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`http://${served.address}/api/v1/alerts`, {
    method: "POST",
    headers: fleetHeaders,
    body: JSON.stringify({ version: "4", groupLabels: {}, truncatedAlerts: 0, alerts }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** A firing of the shipped alert about a slot; two calls are two firings. */
export function aFiring(labels: Readonly<Record<string, string>>): object {
  const fingerprint = Buffer.from(Object.values(labels).join(" ")).toString("hex").slice(-40);
  return {
    status: "firing",
    fingerprint,
    startsAt: new Date().toISOString(),
    labels: { alertname: "RepoPoolSlotCorrupted", auto_recover: "true", ...labels },
  };
}
