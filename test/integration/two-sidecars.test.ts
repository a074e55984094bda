import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Journal } from "../../src/journal/journal.ts";
import { freePort } from "../kit/free-port.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { ServedProgram } from "../kit/served-program.ts";
import { until } from "../kit/until.ts";

const token = "two-sidecars-token";
let pool: RealPool;
let first: ServedProgram;
let second: ServedProgram;
let alertmanager: ChildProcess;
let alertsUrl = "";

beforeEach(async () => {
  pool = new RealPool(4);
  const tokenFile = join(pool.root, "token");
  writeFileSync(tokenFile, token);
  const config = `remediation: { enabled: true, auth: { bearer_token_file: ${tokenFile} } }
collector: { schedule: "* * * * * *" }
`;
  first = await ServedProgram.start(pool, { config });
  second = await ServedProgram.start(pool, { config });
  await startAlertmanager([first, second]);
});

afterEach(async () => {
  await Promise.all([first.stop(), second.stop(), killed(alertmanager)]);
  pool.destroy();
});

/** One Alertmanager whose receiver posts to both; groups are sent at once and repeated each second. */
async function startAlertmanager(sidecars: readonly ServedProgram[]): Promise<void> {
  const file = join(pool.root, "alertmanager.yml");
  const webhooks = sidecars.map(
    ({ address }) =>
      `{ url: "http://${address}/api/v1/alerts", send_resolved: true, http_config: { authorization: { credentials: ${token} } } }`,
  );
  writeFileSync(
    file,
    `route: { receiver: both, group_by: [slot], group_wait: 100ms, group_interval: 1s, repeat_interval: 1s }
receivers: [{ name: both, webhook_configs: [${webhooks.join(", ")}] }]
`,
  );
  const address = `127.0.0.1:${await freePort()}`;
  const storage = `--storage.path=${join(pool.root, "alertmanager")}`;
  const listen = [`--web.listen-address=${address}`, "--cluster.listen-address="];
  alertmanager = spawn("prometheus-alertmanager", [`--config.file=${file}`, storage, ...listen], {
    stdio: "ignore",
  });
  await until("Alertmanager to be ready", async () => {
    const ready = await fetch(`http://${address}/-/ready`).catch(() => undefined);
    return ready?.ok === true ? true : undefined;
  });
  alertsUrl = `http://${address}/api/v2/alerts`;
}

async function killed(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** Breaks the slot and tells Alertmanager, which tells both. */
async function breakAndFire(number: number): Promise<void> {
  rmSync(join(pool.slotPath(number), ".git", "HEAD"));
  const slot = pool.slotId(number);
  const labels = { alertname: "RepoPoolSlotCorrupted", auto_recover: "true", pool: "demo", slot };
  const response = await fetch(alertsUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify([{ labels, startsAt: new Date().toISOString() }]),
  });
  expect(response.status).toBe(200);
}

/** The runs of alerts that did something to the slot, by the journal. */
function runsThatActedOn(number: number): string[] {
  const acted = new Journal(pool.stateDir)
    .read()
    .filter(({ kind, outcome }) => kind === "outcome" && outcome !== "refused")
    .filter(({ slot_id: slotId, trigger }) => slotId === pool.slotId(number) && trigger === "alert");
  return [...new Set(acted.map(({ recovery_id: recoveryId }) => recoveryId))];
}

const untilRecovered = (number: number) =>
  until(`slot ${number} to be recovered`, () => {
    if (runsThatActedOn(number).length === 0) return undefined;
    try {
      return git(pool.slotPath(number), "log", "-1", "--format=%s");
    } catch {
      // It has no HEAD yet.
      return undefined;
    }
  });

const accepted = "repo_pool_webhook_notifications_total";
const refusedByFollower = 'repo_pool_webhook_rejected_total{reason="not_leader"}';

const untilNotifiedAgain = (served: ServedProgram, series = accepted) => {
  const read = () => served.metric(series);
  return read().then((before = 0) =>
    until("two more notifications", async () => (((await read()) ?? 0) >= before + 2 ? true : undefined)),
  );
};

test("of two sidecars that one Alertmanager posts to, one recovers a slot, once; when it is killed the other goes on", async () => {
  await breakAndFire(2);
  expect(await untilRecovered(2)).toBe("first");
  await Promise.all([untilNotifiedAgain(first), untilNotifiedAgain(second, refusedByFollower)]);
  expect(runsThatActedOn(2)).toHaveLength(1);
  const leaders = [first, second].filter((served) => served.events("leader.taken").length > 0);
  expect(leaders).toEqual([first]);

  await first.kill();
  await breakAndFire(3);
  expect(await untilRecovered(3)).toBe("first");
  await untilNotifiedAgain(second);
  expect(runsThatActedOn(3)).toHaveLength(1);
  expect(second.events("leader.taken")).toHaveLength(1);
}, 240_000);
