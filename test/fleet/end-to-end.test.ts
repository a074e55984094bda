import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readCodeBlocks } from "../kit/code-blocks.ts";
import { aFiring, getJson, postAlerts, postDecision, RealFleet } from "../kit/fleet.ts";
import { RealPostgres } from "../kit/postgres.ts";
import { ServedProgram } from "../kit/served-program.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { until } from "../kit/until.ts";

let postgres: RealPostgres;
let fleet: RealFleet;
let pool: RealPool;

beforeEach(async () => {
  pool = new RealPool(4);
  postgres = await RealPostgres.start();
  fleet = new RealFleet(postgres);
});

afterEach(async () => {
  await fleet.stop();
  await postgres.destroy();
  pool.destroy();
});

interface Host {
  readonly sidecar: string;
  readonly pools: readonly string[];
  readonly queue_depth: number;
}

interface Recovery {
  readonly recovery_id: string;
  readonly sidecar: string;
  readonly status: string;
  readonly slot_id: string;
  readonly actions: readonly { readonly action: string; readonly outcome: string }[];
}

const hostsOf = async (gateway: ServedProgram) =>
  ((await getJson(gateway, "/api/v1/hosts")) as { hosts: Host[] }).hosts;

const untilRegistered = (gateway: ServedProgram) =>
  until("the host to register", async () => {
    const hosts = await hostsOf(gateway);
    return hosts.length === 1 ? hosts : undefined;
  });

test("an alert that a gateway takes is recovered by the host that has the pool, and shown with its steps", async () => {
  const gateway = await fleet.startGateway();
  await fleet.startHost(pool, { sidecar: "build 1:10469 / ünïcode" });
  await untilRegistered(gateway);
  rmSync(join(pool.slotPath(2), ".git", "HEAD"));
  const alert = aFiring({ pool: "demo", slot: pool.slotId(2), instance: "unregistered:1" });

  const { status, body } = await postAlerts(gateway, [alert]);
  expect([status, body]).toMatchObject([
    202,
    { decisions: [{ decision: "queued", sidecar: "build 1:10469 / ünïcode" }] },
  ]);

  const recovery = await until("the recovery in the fleet's audit", async () => {
    const recoveries = (await getJson(gateway, "/api/v1/recoveries")) as Recovery[];
    return recoveries.find(({ status: state }) => state === "finished");
  });
  expect(recovery).toMatchObject({
    sidecar: "build 1:10469 / ünïcode",
    slot_id: pool.slotId(2),
    actions: [{ action: "restore_links", outcome: "done" }],
  });
  expect(git(pool.slotPath(2), "log", "-1", "--format=%s")).toBe("first");
});

test("a recovery whose plan was made waits at the gateway until it is approved there, and ends with its run", async () => {
  const gateway = await fleet.startGateway();
  const config = { recovery: { mode: "approve" } };
  await fleet.startHost(pool, { sidecar: "careful", config });
  await untilRegistered(gateway);
  rmSync(join(pool.slotPath(2), ".git", "HEAD"));
  await postAlerts(gateway, [aFiring({ pool: "demo", slot: pool.slotId(2), instance: "unregistered:1" })]);
  const find = async () => ((await getJson(gateway, "/api/v1/recoveries")) as Recovery[])[0];

  const waiting = await until("the plan", async () => {
    const found = await find();
    return found !== undefined && found.actions.length > 0 ? found : undefined;
  });
  // By now the end of the plan's run is in the host's journal; a few turns later it is in the audit.
  await sleep(5000);
  expect(await find()).toMatchObject({ ...waiting, status: "waiting_for_approval", finished_at: null });
  expect(waiting.actions.map(({ action, outcome }) => [action, outcome])).toEqual([
    ["restore_links", "planned"],
    ["reclone", "planned"],
    ["isolate", "planned"],
  ]);
  expect(await postDecision(gateway, waiting.recovery_id, "approve")).toBe(202);
  const ended = await until("its end", async () => {
    const found = await find();
    return found?.status === "finished" ? found : undefined;
  });
  expect(ended.actions).toMatchObject([{ action: "restore_links", outcome: "done" }]);
});

test("the role and the database of the page are enough, and need not create anything after the first start", async () => {
  const block = readCodeBlocks("docs/fleet.md").find(({ language }) => language === "sql")?.code ?? "";
  // The superuser of the test has the name that the page gives the role.
  const statements = block.replaceAll("sidecar", "minimal").match(/^[A-Z][^;]+/gm) ?? [];
  expect(statements).toHaveLength(3);
  for (const statement of statements) await postgres.query(statement);
  const address = `postgres://minimal:PASSWORD@127.0.0.1:${postgres.port}/fleet`;
  writeFileSync(postgres.connectionStringFile, address);
  const gateway = await fleet.startGateway();
  expect(await hostsOf(gateway)).toEqual([]);
  await postgres.query("revoke create on database fleet from minimal");
  await fleet.startHost(pool, { sidecar: "build1" });
  await untilRegistered(gateway);
});

/** An example of deploy/ with the paths of this test; the test's PostgreSQL has no certificate. */
function exampleOf(name: string): string {
  return readFileSync(`deploy/fleet/${name}`, "utf8")
    .replace("/etc/repo-pool-sidecar/token", fleet.tokenFile)
    .replace("/etc/repo-pool-sidecar/postgres\n", `${postgres.connectionStringFile}\n`)
    .replace(/^ *ca_file:.*\n/m, "")
    .replace(/^workspaces_dir:.*\n/m, "");
}

test("the example configurations of a gateway and a host make a fleet, and Alertmanager takes its own", async () => {
  execFileSync("amtool", ["check-config", "deploy/fleet/alertmanager.yml"], { stdio: "pipe" });
  const place = { root: fleet.root, workspacesDir: join(fleet.root, "no-pools") };
  const gateway = await ServedProgram.start(place, {
    config: exampleOf("gateway.yaml"),
    args: ["--role", "gateway"],
  });
  const host = await ServedProgram.start(pool, { config: exampleOf("host.yaml") });
  try {
    const [registered] = await untilRegistered(gateway);
    expect(registered).toMatchObject({ sidecar: "build1", instance: "build1:10469", pools: ["demo"] });
    await until("its queue's depth", () => gateway.metric('repo_pool_fleet_queue_depth{sidecar="build1"}'));
  } finally {
    await Promise.all([gateway.stop(), host.stop()]);
  }
});
