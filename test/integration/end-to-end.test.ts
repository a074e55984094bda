import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { parse, parseDocument } from "yaml";
import { freePort } from "../support/free-port.ts";
import { git, RealPool } from "../support/real-pool.ts";
import { until } from "../support/until.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));
const running: ChildProcess[] = [];
let pool: RealPool | undefined;

afterEach(async () => {
  for (const child of running.splice(0).reverse()) {
    const closed = once(child, "close");
    child.kill("SIGTERM");
    await closed;
  }
  pool?.destroy();
});

test("a damaged slot fires an alert in Prometheus, and Alertmanager's webhook recovers it with its files kept", async () => {
  pool = new RealPool();
  const ports = { sidecar: await freePort(), prometheus: await freePort(), alertmanager: await freePort() };
  startSidecar(pool, ports.sidecar);
  startAlertmanager(pool.root, ports);
  startPrometheus(pool.root, ports);
  const metrics = (): Promise<string> => readText(`http://127.0.0.1:${ports.sidecar}/metrics`);
  await until("a healthy collection", async () =>
    /^repo_pool_up\{pool="demo"\} 1$/m.test(await metrics()) ? true : undefined,
  );

  writeFileSync(join(pool.slotPath(2), "work.txt"), "exists nowhere else");
  rmSync(join(pool.slotPath(2), ".git", "objects"), { recursive: true });

  await until("the alert in Prometheus", async () => {
    const alerts = await readText(`http://127.0.0.1:${ports.prometheus}/api/v1/alerts`);
    return /"alertname":"RepoPoolSlotCorrupted"[^}]*"slot":"workspace-demo-slot2"/.test(alerts)
      ? true
      : undefined;
  });
  await until("a notification that was accepted", async () =>
    /^repo_pool_webhook_notifications_total [1-9]/m.test(await metrics()) ? true : undefined,
  );
  await until("no anomaly", async () =>
    /^repo_pool_anomalies\{pool="demo",kind="corrupted_slot"\} 0$/m.test(await metrics()) ? true : undefined,
  );
  const quarantine = join(pool.stateDir, "quarantine");
  const [kept] = readdirSync(quarantine).filter((name) => name.endsWith(pool?.slotId(2) ?? ""));
  expect(readFileSync(join(quarantine, kept ?? "", "slot2", "work.txt"), "utf8")).toBe("exists nowhere else");
  expect(git(pool.slotPath(2), "log", "-1", "--format=%s")).toBe("first");
});

interface Ports {
  readonly sidecar: number;
  readonly prometheus: number;
  readonly alertmanager: number;
}

function start(command: string, args: string[], cwd: string): void {
  running.push(spawn(command, args, { cwd, stdio: "ignore" }));
}

function startSidecar({ root, workspacesDir }: RealPool, port: number): void {
  writeFileSync(join(root, "token"), "end-to-end-token");
  const config = join(root, "sidecar.yaml");
  const auth = `auth: { bearer_token_file: ${join(root, "token")} }`;
  writeFileSync(config, `collector: { schedule: "* * * * * *" }\nremediation: { enabled: true, ${auth} }\n`);
  const options = [
    "--workspaces-dir",
    workspacesDir,
    "--config.file",
    config,
    "--web.listen-address",
    `127.0.0.1:${port}`,
  ];
  start(process.execPath, [join(project, "dist", "main.js"), "serve", ...options], "/");
}

/** The shipped configuration with this test's addresses and shorter waits. */
function startAlertmanager(root: string, ports: Ports): void {
  const text = readFileSync(join(project, "deploy/alertmanager/alertmanager.yml"), "utf8")
    .replaceAll("127.0.0.1:10469", `127.0.0.1:${ports.sidecar}`)
    .replace(/credentials_file:.*/g, `credentials_file: ${join(root, "token")}`)
    .replace(/group_wait:.*/g, "group_wait: 1s")
    .replace(/group_interval:.*/g, "group_interval: 2s");
  const file = join(root, "alertmanager.yml");
  writeFileSync(file, text);
  const options = [`--web.listen-address=127.0.0.1:${ports.alertmanager}`, "--cluster.listen-address="];
  start(
    "/usr/bin/prometheus-alertmanager",
    [`--config.file=${file}`, `--storage.path=${join(root, "am")}`, ...options],
    root,
  );
}

/** The shipped rules with a shortened `for`, scraped and evaluated each second. */
function startPrometheus(root: string, ports: Ports): void {
  mkdirSync(join(root, "rules"));
  for (const name of readdirSync(join(project, "alerts")).filter((file) => file.endsWith(".yaml"))) {
    const rules = parseDocument(readFileSync(join(project, "alerts", name), "utf8")).toString();
    const quick = rules.replace(/^(\s+)for: .*$/gm, "$1for: 1s").replace(/^\s+interval: .*$/gm, "");
    expect(parse(quick)).toHaveProperty("groups");
    writeFileSync(join(root, "rules", name), quick);
  }
  const job = (name: string, port: number) => ({
    job_name: name,
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
  });
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: [join(root, "rules", "*.yaml")],
    scrape_configs: [job("repo-pool-sidecar", ports.sidecar)],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${ports.alertmanager}`] }] }] },
  };
  writeFileSync(join(root, "prometheus.yml"), JSON.stringify(config));
  const options = [
    `--config.file=${join(root, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(root, "tsdb")}`,
  ];
  start("/usr/bin/prometheus", [...options, `--web.listen-address=127.0.0.1:${ports.prometheus}`], root);
}

/** Empty while the server is not there yet. */
async function readText(url: string): Promise<string> {
  try {
    return await (await fetch(url)).text();
  } catch {
    return "";
  }
}
