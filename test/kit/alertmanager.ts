import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { until } from "./until.ts";

/** A real Alertmanager with a configuration of the test's. */
export class RealAlertmanager {
  readonly #child: ChildProcess;
  readonly #address: string;

  private constructor(child: ChildProcess, address: string) {
    this.#child = child;
    this.#address = address;
  }

  /** Resolves when it is ready. Its files are in `root`. */
  static async start(root: string, configuration: string): Promise<RealAlertmanager> {
    mkdirSync(root, { recursive: true });
    const file = join(root, "alertmanager.yml");
    writeFileSync(file, configuration);
    const address = `127.0.0.1:${await freePort()}`;
    const listen = [`--web.listen-address=${address}`, "--cluster.listen-address="];
    const storage = `--storage.path=${join(root, "data")}`;
    const child = spawn("prometheus-alertmanager", [`--config.file=${file}`, storage, ...listen], {
      stdio: "ignore",
    });
    await until("Alertmanager to be ready", async () => {
      const ready = await fetch(`http://${address}/-/ready`).catch(() => undefined);
      return ready?.ok === true ? true : undefined;
    });
    return new RealAlertmanager(child, address);
  }

  /** As Prometheus does. */
  async post(alerts: readonly object[]): Promise<void> {
    const response = await fetch(`http://${this.#address}/api/v2/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(alerts),
    });
    if (response.status !== 200) throw new Error(`Alertmanager answered ${response.status}`);
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}
