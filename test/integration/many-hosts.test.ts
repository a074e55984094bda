import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { MonitoringStack } from "../kit/monitoring-stack.ts";
import { RealPool } from "../kit/real-pool.ts";
import { digestTree } from "../kit/tree-digest.ts";
import { until } from "../kit/until.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));
/** Hosts of their own as far as the network goes; their pools and slots even have the same names. */
const hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"] as const;
const brokenHost = "127.0.0.2";

let pools: Map<string, RealPool>;
let stack: MonitoringStack;

beforeEach(async () => {
  pools = new Map(hosts.map((host) => [host, new RealPool(1)]));
  stack = await MonitoringStack.create(poolOf("127.0.0.1"));
  for (const host of hosts)
    stack.startSidecarOn(
      host,
      poolOf(host),
      stringify({
        remediation: {
          enabled: true,
          instance: stack.instanceOn(host),
          auth: { bearer_token_file: stack.tokenFile },
        },
      }),
    );
});

afterEach(async () => {
  await stack.stop();
  for (const pool of pools.values()) pool.destroy();
});

function poolOf(host: string): RealPool {
  const pool = pools.get(host);
  if (pool === undefined) throw new Error(`no pool on ${host}`);
  return pool;
}

const counter = async (host: string, line: string): Promise<number> =>
  Number(new RegExp(`^${line} (\\d+)$`, "m").exec(await stack.metrics(host))?.[1] ?? 0);

/** Breaks the slot of one host, and waits until its alert has led to its recovery. */
async function breakAndAwaitRecovery(): Promise<Map<string, Record<string, string>>> {
  for (const host of hosts)
    await until(`a collection on ${host}`, async () =>
      (await counter(host, 'repo_pool_up\\{pool="demo"\\}')) === 1 ? true : undefined,
    );
  const before = new Map(hosts.map((host) => [host, digestTree(poolOf(host).directory)]));
  writeFileSync(join(poolOf(brokenHost).slotPath(1), ".git", "HEAD"), "");
  await until("the alert to fire", async () =>
    (await stack.firing()).includes("RepoPoolSlotCorrupted workspace-demo-slot1") ? true : undefined,
  );
  await until("the recovery on the host that the alert is about", () =>
    readFileSync(join(poolOf(brokenHost).slotPath(1), ".git", "HEAD"), "utf8") === "ref: refs/heads/main\n"
      ? true
      : undefined,
  );
  return before;
}

function expectOthersUntouched(before: Map<string, Record<string, string>>): void {
  for (const host of hosts.filter((other) => other !== brokenHost))
    expect(digestTree(poolOf(host).directory), host).toEqual(before.get(host));
}

test("generated receivers bring each alert to the host that it is about, and to no other", async () => {
  const instances = hosts.map((host) => stack.instanceOn(host));
  const printed = execFileSync(process.execPath, [
    join(project, "dist", "main.js"),
    "alertmanager-config",
    ...instances,
  ]);
  const { routes, receivers } = parse(printed.toString()) as { routes: object[]; receivers: object[] };
  const nobody = { name: "nobody" };
  stack.startAlertmanager(
    stringify({ route: { receiver: "nobody", routes }, receivers: [nobody, ...receivers] }),
  );
  stack.startPrometheus();

  expectOthersUntouched(await breakAndAwaitRecovery());

  expect(await counter(brokenHost, "repo_pool_webhook_notifications_total")).toBeGreaterThan(0);
  for (const host of hosts.filter((other) => other !== brokenHost))
    expect(await counter(host, "repo_pool_webhook_notifications_total"), host).toBe(0);
});

test("fanned out to all hosts, an alert is acted on by the one that it is about", async () => {
  const webhooks = hosts.map((host) => ({
    url: `http://${stack.instanceOn(host)}/api/v1/alerts`,
    send_resolved: false,
    http_config: { authorization: { type: "Bearer", credentials_file: stack.tokenFile } },
  }));
  const route = {
    receiver: "all",
    matchers: ['auto_recover="true"'],
    group_by: ["instance", "slot"],
    group_wait: "1s",
    group_interval: "2s",
  };
  stack.startAlertmanager(
    stringify({
      route: { receiver: "nobody", routes: [route] },
      receivers: [{ name: "nobody" }, { name: "all", webhook_configs: webhooks }],
    }),
  );
  stack.startPrometheus();

  const before = await breakAndAwaitRecovery();
  for (const host of hosts.filter((other) => other !== brokenHost))
    await until(`${host} to ignore what is not its own`, async () =>
      (await counter(host, 'repo_pool_webhook_alerts_total\\{decision="not_ours"\\}')) > 0 ? true : undefined,
    );

  expectOthersUntouched(before);
});
