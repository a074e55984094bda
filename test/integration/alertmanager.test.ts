import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { systemClock } from "../../src/platform/clock.ts";
import type { RecoveryRequest } from "../../src/recovery/recovery-request.ts";
import type { AlertDecision } from "../../src/remediation/alerts/alert-intake.ts";
import type { Remediation } from "../../src/remediation/remediation.ts";
import { Journal } from "../../src/journal/journal.ts";
import { aRemediation, emptyReport } from "../remediation/fake-remediation.ts";
import { RealPool } from "../kit/real-pool.ts";
import { runsInFull } from "../kit/sample.ts";
import { ServedProgram } from "../kit/served-program.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function freePort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listen(server: Server | ReturnType<typeof createTcpServer>, wanted = 0): Promise<number> {
  return new Promise((resolve) => {
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("no port");
      resolve(address.port);
    });
  });
}

/** Answers Alertmanager's posts with what the remediation of the moment makes of them. */
async function aReceiver(
  remediation: () => Remediation,
  status: { refusals: number } = { refusals: 0 },
  port = 0,
): Promise<string> {
  const server = createServer((request, response) => {
    void json(request).then((payload) => {
      if (status.refusals > 0) {
        status.refusals -= 1;
        response.writeHead(503).end();
        return;
      }
      response.writeHead(remediation().receive(payload).kind === "accepted" ? 202 : 503).end();
    });
  });
  const listening = await listen(server, port);
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${listening}/`;
}

interface Routing {
  /** By default a group is repeated each second; false leaves retries of what was refused alone. */
  readonly repeats?: boolean;
  readonly token?: string;
  readonly groupBy?: string;
  readonly maxAlerts?: number;
}

/** The URL of its alerts. Groups are sent at once and repeated each second. */
async function anAlertmanager(webhookUrl: string, routing: Routing = {}) {
  const { groupBy = "alertname", maxAlerts = 0, repeats = true, token = "none" } = routing;
  const [interval, repeat] = repeats ? ["1s", "1s"] : ["5m", "4h"];
  const directory = mkdtempSync(join(tmpdir(), "alertmanager-"));
  const config = join(directory, "alertmanager.yml");
  writeFileSync(
    config,
    `route: { receiver: sidecar, group_by: [${groupBy}], group_wait: 100ms, group_interval: ${interval}, repeat_interval: ${repeat} }
receivers: [{ name: sidecar, webhook_configs: [{ url: "${webhookUrl}", send_resolved: true, max_alerts: ${maxAlerts}, http_config: { authorization: { credentials: ${token} } } }] }]
`,
  );
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    "prometheus-alertmanager",
    [
      `--config.file=${config}`,
      `--storage.path=${directory}`,
      `--web.listen-address=${address}`,
      "--cluster.listen-address=",
    ],
    { stdio: "ignore" },
  );
  cleanups.push(() => stopped(child, directory));
  await until(async () => (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.ok === true);
  return `http://${address}/api/v2/alerts`;
}

async function stopped(child: ChildProcess, directory: string): Promise<void> {
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exit;
  rmSync(directory, { recursive: true, force: true });
}

async function until(holds: () => boolean | Promise<boolean>, seconds = 30): Promise<void> {
  for (let attempt = 0; attempt < seconds * 10; attempt += 1) {
    if (await holds()) return;
    await sleep(100);
  }
  throw new Error(`it did not come to pass within ${seconds} s`);
}

const startsAt = new Date().toISOString();

function anAlertOf(slot: string, given: object = {}): object {
  const labels = { alertname: "RepoPoolSlotCorrupted", auto_recover: "true", slot };
  return { labels, startsAt, ...given };
}

async function post(url: string, ...alerts: object[]): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(alerts),
  });
  expect(response.status).toBe(200);
}

/** A loop whose recoveries end at once and are counted by slot. */
function aLoop(given: Parameters<typeof aRemediation>[0] = {}) {
  const requests: RecoveryRequest[] = [];
  const decisions: AlertDecision[] = [];
  const remediation = aRemediation({
    clock: systemClock,
    runRecovery: (request) => {
      requests.push(request);
      return Promise.resolve(emptyReport);
    },
    onDecision: (decision) => decisions.push(decision),
    ...given,
  });
  const countOf = (wanted: string) => decisions.filter(({ decision }) => decision === wanted).length;
  return { remediation, requests, decisions, countOf };
}

function started(remediation: Remediation): Remediation {
  remediation.start();
  cleanups.push(() => remediation.stop());
  return remediation;
}

const slot1 = "workspace-demo-slot1";
const slot2 = "workspace-demo-slot2";

test("a real Alertmanager's firing, refused once, repeated and resolved, runs one recovery", async () => {
  const { remediation, requests, countOf } = aLoop();
  started(remediation);
  const status = { refusals: 1 };
  const url = await anAlertmanager(await aReceiver(() => remediation, status));

  await post(url, anAlertOf(slot1));
  await until(() => countOf("queued") > 0);
  expect(status.refusals).toBe(0);
  await until(() => countOf("duplicate") > 0);
  await post(url, anAlertOf(slot1, { endsAt: new Date().toISOString() }));
  await until(() => countOf("resolved") > 0);

  expect(requests.map(({ slotId, requestedBy }) => [slotId, requestedBy])).toEqual([
    [slot1, "RepoPoolSlotCorrupted"],
  ]);
});

test("in a group of mixed states each alert is judged by its own", async () => {
  const { remediation, requests, decisions, countOf } = aLoop();
  started(remediation);
  const url = await anAlertmanager(await aReceiver(() => remediation));
  await post(url, anAlertOf(slot1), anAlertOf(slot2));
  await until(() => countOf("queued") === 2);
  await post(url, anAlertOf(slot1, { endsAt: new Date().toISOString() }), anAlertOf(slot2));
  await until(() => countOf("resolved") > 0);
  expect(requests.map(({ slotId }) => slotId).sort()).toEqual([slot1, slot2]);
  expect(decisions.filter(({ decision }) => decision === "resolved").length).toBeGreaterThan(0);
});

test("a group that max_alerts cut short recovers what it names and asks for a collection", async () => {
  let rescans = 0;
  const { remediation, requests, countOf } = aLoop({ collect: () => (rescans += 1) });
  started(remediation);
  const url = await anAlertmanager(await aReceiver(() => remediation), { maxAlerts: 1 });
  await post(url, anAlertOf(slot1), anAlertOf(slot2));
  await until(() => countOf("pool_rescan") > 0 && countOf("queued") > 0);
  expect(rescans).toBeGreaterThan(0);
  expect(requests).toHaveLength(1);
});

test("two Alertmanagers that send the same alert run one recovery", async () => {
  const { remediation, requests, countOf } = aLoop();
  started(remediation);
  const receiver = await aReceiver(() => remediation);
  const urls = await Promise.all([anAlertmanager(receiver), anAlertmanager(receiver)]);
  await Promise.all(urls.map((url) => post(url, anAlertOf(slot1))));
  await until(() => countOf("queued") + countOf("duplicate") > 2);
  expect(requests).toHaveLength(1);
});

test("a sidecar that ends between alert and action runs the recovery when it starts again, once", async () => {
  const stateDir = mkdtempSync(join(tmpdir(), "remediation-"));
  cleanups.push(() => {
    rmSync(stateDir, { recursive: true });
  });
  // Never started: it takes the alert, answers 202, and ends before it acts.
  const first = aLoop({ stateDir });
  let current = first.remediation;
  const url = await anAlertmanager(await aReceiver(() => current));
  await post(url, anAlertOf(slot1));
  await until(() => first.countOf("queued") > 0);
  const second = aLoop({ stateDir });
  current = started(second.remediation);
  await until(() => second.countOf("duplicate") > 0);
  expect([first.requests.length, second.requests.length]).toEqual([0, 1]);
});

const outageSeconds = runsInFull ? 60 : 4;

test(`an alert that fires while the sidecar is down for ${outageSeconds} s is recovered once, by Alertmanager's retry`, async () => {
  const pool = new RealPool(2);
  cleanups.push(() => {
    pool.destroy();
  });
  const port = await freePort();
  let served = await serveOn(port, pool);
  cleanups.push(() => served.stop());
  const webhook = `http://127.0.0.1:${port}/api/v1/alerts`;
  const url = await anAlertmanager(webhook, { repeats: false, token: "outage-token" });

  await served.stop();
  rmSync(join(pool.slotPath(1), ".git", "HEAD"));
  await post(url, anAlertOf(slot1));
  await sleep(outageSeconds * 1000);
  served = await serveOn(port, pool);

  await until(async () => (await alertCount(served, "queued")) === 1, 150);
  await until(() => recoveriesOf(pool).length > 0, 60);
  // Each retry would be another post: none comes once it was accepted.
  await sleep(2_000);
  expect(recoveriesOf(pool)).toHaveLength(1);
  expect(await served.metric("repo_pool_webhook_notifications_total")).toBe(1);
  expect(readFileSync(join(pool.slotPath(1), ".git", "HEAD"), "utf8")).toContain("refs/heads/main");
}, 300_000);

/** `serve` of the built program, with its webhook on a port that stays the same. */
function serveOn(port: number, pool: RealPool): Promise<ServedProgram> {
  const tokenFile = join(pool.root, "token");
  writeFileSync(tokenFile, "outage-token");
  const config = `remediation: { enabled: true, auth: { bearer_token_file: ${tokenFile} } }
collector: { schedule: "* * * * * *" }
`;
  return ServedProgram.start(pool, { config, args: ["--web.listen-address", `127.0.0.1:${port}`] });
}

async function alertCount(served: ServedProgram, decision: string): Promise<number | undefined> {
  return served.metric(`repo_pool_webhook_alerts_total{decision="${decision}"}`);
}

/** Runs that an alert began and that changed something. */
function recoveriesOf(pool: RealPool): string[] {
  const done = new Journal(pool.stateDir)
    .read()
    .filter(({ kind, trigger, outcome }) => kind === "outcome" && trigger === "alert" && outcome === "done");
  return [...new Set(done.map(({ recovery_id: recoveryId }) => recoveryId))];
}
