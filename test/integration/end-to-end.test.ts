import { closeSync, existsSync, openSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MonitoringStack } from "../kit/monitoring-stack.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { until } from "../kit/until.ts";

let pool: RealPool;
let stack: MonitoringStack;

beforeEach(async () => {
  pool = new RealPool();
  stack = await MonitoringStack.create(pool);
  stack.startSidecar(`remediation: { enabled: true, auth: { bearer_token_file: ${stack.tokenFile} } }\n`);
  stack.startAlertmanager();
  stack.startPrometheus();
  await until("a healthy collection", async () =>
    /^repo_pool_up\{pool="demo"\} 1$/m.test(await stack.metrics()) ? true : undefined,
  );
});

afterEach(async () => {
  await stack.stop();
  pool.destroy();
});

const untilFiring = (alert: string) =>
  until(`${alert} to fire`, async () => ((await stack.firing()).includes(alert) ? true : undefined));

const untilResolved = (alert: string) =>
  until(`${alert} to resolve`, async () => ((await stack.firing()).includes(alert) ? undefined : true));

const untilMetric = (line: RegExp) =>
  until(String(line), async () => (line.test(await stack.metrics()) ? true : undefined));

test("a damaged slot fires an alert in Prometheus, and Alertmanager's webhook recovers it with its files kept", async () => {
  writeFileSync(join(pool.slotPath(2), "work.txt"), "exists nowhere else");
  rmSync(join(pool.slotPath(2), ".git", "objects"), { recursive: true });

  await untilFiring("RepoPoolSlotCorrupted workspace-demo-slot2");
  await untilMetric(/^repo_pool_webhook_notifications_total [1-9]/m);
  await untilMetric(/^repo_pool_anomalies\{pool="demo",kind="corrupted_slot"\} 0$/m);
  await untilResolved("RepoPoolSlotCorrupted workspace-demo-slot2");

  expect(readFileSync(join(pool.slotPath(2), "work.txt"), "utf8")).toBe("exists nowhere else");
  expect(git(pool.slotPath(2), "log", "-1", "--format=%s")).toBe("first");
});

test("a lock of no slot fires an alert, is moved aside, and the alert resolves", async () => {
  const lock = pool.lockPath(9);
  closeSync(openSync(lock, "w"));
  const old = new Date(Date.now() - 48 * 3_600_000);
  utimesSync(lock, old, old);

  await untilFiring("RepoPoolLockOrphaned workspace-demo-slot9");
  await untilMetric(/^repo_pool_recovery_locks_cleaned_total\{pool="demo"\} 1$/m);
  await untilResolved("RepoPoolLockOrphaned workspace-demo-slot9");

  expect(existsSync(lock)).toBe(false);
});
