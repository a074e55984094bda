import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseDocument } from "yaml";
import { z } from "zod";
import { freePort } from "./free-port.ts";
import type { RealPool } from "./real-pool.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));
const job = "repo-pool-sidecar";

const answer = z.object({
  data: z.object({
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});

/** One series of an instant query. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
}

interface Ports {
  readonly sidecar: number;
  readonly prometheus: number;
  readonly alertmanager: number;
}

/** The real program, Prometheus and Alertmanager over one pool, with the shipped rules and configuration made quick. */
export class MonitoringStack {
  readonly #pool: RealPool;
  readonly #ports: Ports;
  readonly #instances: string[] = [];
  readonly #running: ChildProcess[] = [];

  private constructor(pool: RealPool, ports: Ports) {
    this.#pool = pool;
    this.#ports = ports;
  }

  static async create(pool: RealPool): Promise<MonitoringStack> {
    const ports = { sidecar: await freePort(), prometheus: await freePort(), alertmanager: await freePort() };
    return new MonitoringStack(pool, ports);
  }

  /** `configuration` is YAML that is added to a collection each second. */
  startSidecar(configuration = ""): void {
    this.startSidecarOn("127.0.0.1", this.#pool, configuration);
  }

  /** A sidecar of a pool of its own, on another loopback address. @returns its `instance` label */
  startSidecarOn(host: string, { root, workspacesDir }: RealPool, configuration = ""): string {
    const instance = this.instanceOn(host);
    this.#instances.push(instance);
    writeFileSync(this.tokenFile, "monitoring-stack-token");
    const config = writeConfiguration(root, configuration);
    const options = ["--workspaces-dir", workspacesDir, "--config.file", config];
    const address = ["--web.listen-address", instance];
    this.#start(process.execPath, [join(project, "dist", "main.js"), "serve", ...options, ...address]);
    return instance;
  }

  /** Another configuration, told as an operator tells it, for the sidecar that was started first. */
  reloadSidecar(configuration: string): void {
    writeConfiguration(this.#pool.root, configuration);
    this.#running[0]?.kill("SIGHUP");
  }

  instanceOn(host: string): string {
    return `${host}:${this.#ports.sidecar}`;
  }

  /** Path of the bearer token that the sidecars and Alertmanager share. */
  get tokenFile(): string {
    return join(this.#pool.root, "token");
  }

  /** The shipped configuration with this stack's addresses and shorter waits, or another configuration. */
  startAlertmanager(configuration?: string): void {
    const { root } = this.#pool;
    const shipped = readFileSync(join(project, "deploy/alertmanager/alertmanager.yml"), "utf8");
    const text = (configuration ?? shipped)
      .replaceAll("127.0.0.1:10469", this.instanceOn("127.0.0.1"))
      .replace(/credentials_file:.*/g, `credentials_file: ${this.tokenFile}`)
      .replace(/group_wait:.*/g, "group_wait: 1s")
      .replace(/group_interval:.*/g, "group_interval: 2s");
    const file = join(root, "alertmanager.yml");
    writeFileSync(file, text);
    const address = [
      `--web.listen-address=127.0.0.1:${this.#ports.alertmanager}`,
      "--cluster.listen-address=",
    ];
    this.#start("/usr/bin/prometheus-alertmanager", [
      `--config.file=${file}`,
      `--storage.path=${join(root, "am")}`,
      ...address,
    ]);
  }

  /** The shipped rules with a shortened `for`, over all sidecars so far, scraped and evaluated each second. */
  startPrometheus(): void {
    const { root } = this.#pool;
    mkdirSync(join(root, "rules"));
    for (const name of readdirSync(join(project, "alerts")).filter((file) => file.endsWith(".yaml"))) {
      const rules = parseDocument(readFileSync(join(project, "alerts", name), "utf8")).toString();
      const quick = rules
        .replace(/^(\s+)for: .*$/gm, "$1for: 1s")
        .replace(/^(\s+)keep_firing_for: .*$/gm, "$1keep_firing_for: 2s");
      writeFileSync(join(root, "rules", name), quick);
    }
    const config = {
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: [join(root, "rules", "*.yaml")],
      scrape_configs: [{ job_name: job, static_configs: [{ targets: this.#instances }] }],
      alerting: {
        alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${this.#ports.alertmanager}`] }] }],
      },
    };
    writeFileSync(join(root, "prometheus.yml"), JSON.stringify(config));
    this.#start("/usr/bin/prometheus", [
      `--config.file=${join(root, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(root, "tsdb")}`,
      `--web.listen-address=127.0.0.1:${this.#ports.prometheus}`,
    ]);
  }

  get prometheusUrl(): string {
    return `http://127.0.0.1:${this.#ports.prometheus}`;
  }

  get sidecarUrl(): string {
    return `http://${this.instanceOn("127.0.0.1")}`;
  }

  metrics(host = "127.0.0.1"): Promise<string> {
    return readText(`http://${this.instanceOn(host)}/metrics`);
  }

  /** Undefined while Prometheus is not there yet. @throws if it refuses the query. */
  async query(expression: string): Promise<Sample[] | undefined> {
    const text = await readText(`${this.prometheusUrl}/api/v1/query?query=${encodeURIComponent(expression)}`);
    if (text === "" || text === "Service Unavailable") return undefined;
    const body: unknown = JSON.parse(text);
    const parsed = answer.safeParse(body);
    if (!parsed.success) throw new Error(`${expression}: ${text}`);
    return parsed.data.data.result.map(({ metric, value }) => ({ labels: metric, value: value[1] }));
  }

  /** Names of the alerts that fire now, with their slot if they have one. */
  async firing(): Promise<string[]> {
    const alerts = (await this.query('ALERTS{alertstate="firing"}')) ?? [];
    return alerts.map(({ labels }) => [labels["alertname"], labels["slot"]].filter(Boolean).join(" "));
  }

  async stop(): Promise<void> {
    for (const child of this.#running.splice(0).reverse()) {
      const closed = once(child, "close");
      if (!child.kill("SIGTERM")) continue;
      await closed;
    }
  }

  #start(command: string, args: string[]): void {
    this.#running.push(spawn(command, args, { cwd: this.#pool.root, stdio: "ignore" }));
  }
}

function writeConfiguration(root: string, configuration: string): string {
  const file = join(root, "sidecar.yaml");
  writeFileSync(file, `collector: { schedule: "* * * * * *" }\n${configuration}`);
  return file;
}

/** Empty while the server is not there yet. */
async function readText(url: string): Promise<string> {
  try {
    return await (await fetch(url)).text();
  } catch {
    return "";
  }
}
