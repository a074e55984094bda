import { closeSync, existsSync, openSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Journal } from "../../src/journal/journal.ts";
import { MonitoringStack } from "../kit/monitoring-stack.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { until } from "../kit/until.ts";

const shipped = readFileSync(
  new URL("../../deploy/alertmanager/alertmanager.yml", import.meta.url),
  "utf8",
).replace(/repeat_interval:.*/g, "repeat_interval: 2s");

let pool: RealPool;
let stack: MonitoringStack;

beforeEach(async () => {
  pool = new RealPool(6);
  stack = await MonitoringStack.create(pool);
});

afterEach(async () => {
  await stack.stop();
  pool.destroy();
});

const configuration = (mode: "dry_run" | "live"): string =>
  `remediation: { enabled: true, auth: { bearer_token_file: ${stack.tokenFile} } }
recovery: { mode: ${mode}, schedule: "*/5 * * * * *" }
`;

async function metric(series: string): Promise<number> {
  const line = (await stack.metrics()).split("\n").find((text) => text.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}

const untilMetric = (series: string, isReached: (value: number) => boolean) =>
  until(series, async () => (isReached(await metric(series)) ? true : undefined), 120);

const scheduledRuns = 'repo_pool_recovery_runs_total{trigger="schedule"}';
const queued = 'repo_pool_webhook_alerts_total{decision="queued"}';

/** The runs that did something to the slot. */
function liveRunsOf(slotId: string): string[] {
  const entries = new Journal(pool.stateDir).read();
  const done = entries.filter(
    ({ kind, mode, outcome, slot_id: of }) =>
      kind === "outcome" && mode === "live" && outcome === "done" && of === slotId,
  );
  return [...new Set(done.map(({ recovery_id: recoveryId }) => recoveryId))];
}

test("after a rehearsal in which nothing was changed, each fault is repaired once, by alert or schedule", async () => {
  rmSync(join(pool.slotPath(1), ".git", "HEAD"));
  writeFileSync(join(pool.slotPath(2), ".git", "index"), "DIRC");
  const lock = pool.lockPath(9);
  closeSync(openSync(lock, "w"));
  const old = new Date(Date.now() - 48 * 3_600_000);
  utimesSync(lock, old, old);
  stack.startSidecar(configuration("dry_run"));
  stack.startAlertmanager(shipped);
  stack.startPrometheus();

  // Each alert is queued, planned, and its delivery forgotten: the repeat is queued again.
  await untilMetric(queued, (count) => count >= 6);
  await untilMetric(scheduledRuns, (count) => count >= 2);
  expect(await metric('repo_pool_recovery_mode{mode="dry_run"}')).toBe(1);
  expect([existsSync(join(pool.slotPath(1), ".git", "HEAD")), existsSync(lock)]).toEqual([false, true]);
  expect([1, 2].flatMap((number) => liveRunsOf(pool.slotId(number)))).toEqual([]);

  stack.reloadSidecar(configuration("live"));
  await untilMetric('repo_pool_recovery_mode{mode="live"}', (value) => value === 1);
  await until("both slots and the lock to be repaired", () =>
    [1, 2, 9].every((number) => liveRunsOf(pool.slotId(number)).length > 0) ? true : undefined,
  );
  const runs = await metric(scheduledRuns);
  await untilMetric(scheduledRuns, (count) => count >= runs + 2);
  expect([1, 2, 9].map((number) => liveRunsOf(pool.slotId(number)).length)).toEqual([1, 1, 1]);
  for (const number of [1, 2]) expect(git(pool.slotPath(number), "diff", "HEAD")).toBe("");
  expect(existsSync(lock)).toBe(false);
}, 300_000);
