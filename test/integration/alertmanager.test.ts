import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { systemClock } from "../../src/platform/clock.ts";
import type { RecoveryRequest } from "../../src/recovery/recovery-request.ts";
import type { AlertDecision, Remediation } from "../../src/remediation/remediation.ts";
import { aRemediation, emptyReport } from "../remediation/fake-remediation.ts";

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

function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("no port");
      resolve(address.port);
    });
  });
}

/** Answers Alertmanager's posts with what the remediation makes of them. */
async function aReceiver(remediation: Remediation, status: { refusals: number }): Promise<string> {
  const server = createServer((request, response) => {
    void json(request).then((payload) => {
      if (status.refusals > 0) {
        status.refusals -= 1;
        response.writeHead(503).end();
        return;
      }
      response.writeHead(remediation.receive(payload).kind === "accepted" ? 202 : 503).end();
    });
  });
  const port = await listen(server);
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${port}/`;
}

async function anAlertmanager(webhookUrl: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "alertmanager-"));
  const config = join(directory, "alertmanager.yml");
  writeFileSync(
    config,
    `route: { receiver: sidecar, group_by: [alertname], group_wait: 100ms, group_interval: 1s, repeat_interval: 1s }
receivers: [{ name: sidecar, webhook_configs: [{ url: "${webhookUrl}", send_resolved: true }] }]
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

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (await holds()) return;
    await sleep(100);
  }
  throw new Error("it did not come to pass within 30 s");
}

const startsAt = new Date().toISOString();

async function post(url: string, given: object = {}): Promise<void> {
  const labels = { alertname: "RepoPoolSlotCorrupted", auto_recover: "true", slot: "workspace-demo-slot1" };
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify([{ labels, startsAt, ...given }]),
  });
  expect(response.status).toBe(200);
}

test("a real Alertmanager's firing, refused once, repeated and resolved, runs one recovery", async () => {
  const requests: RecoveryRequest[] = [];
  const decisions: AlertDecision[] = [];
  const remediation = aRemediation({
    clock: systemClock,
    runRecovery: (request) => {
      requests.push(request);
      return Promise.resolve(emptyReport);
    },
    onDecision: (decision) => decisions.push(decision),
  });
  remediation.start();
  cleanups.push(() => remediation.stop());
  const seen = (decision: string) => decisions.some((made) => made.decision === decision);
  const status = { refusals: 1 };
  const url = await anAlertmanager(await aReceiver(remediation, status));

  await post(url);
  await until(() => seen("queued"));
  expect(status.refusals).toBe(0);
  await until(() => seen("duplicate"));
  await post(url, { endsAt: new Date().toISOString() });
  await until(() => seen("resolved"));

  expect(requests.map(({ slotId, requestedBy }) => [slotId, requestedBy])).toEqual([
    ["workspace-demo-slot1", "RepoPoolSlotCorrupted"],
  ]);
});
