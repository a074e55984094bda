import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { catalogue, sidecarMetrics } from "../../src/metrics/catalogue.ts";
import { Metrics, type MetricsOptions } from "../../src/metrics/metrics.ts";
import { addJournalLines, noRecoveryTotals } from "../../src/metrics/recovery-totals.ts";
import { aBrokenSnapshot, aPool, aSlot, aSnapshot, snapshotTime } from "../kit/a-snapshot.ts";

const openMetrics = "application/openmetrics-text;version=1.0.0";

function someMetrics(given: Partial<MetricsOptions> = {}): Metrics {
  const clock = { now: () => snapshotTime };
  return new Metrics({
    version: "1.2.3",
    collectionIntervalSeconds: 30,
    perSlot: true,
    maxSlotSeries: 1000,
    clock,
    ...given,
  });
}

async function textOf(metrics: Metrics, accept?: string): Promise<string> {
  const { body } = await metrics.render(accept === undefined ? {} : { accept });
  return body.toString();
}

/** A pool of so many slots, each with a few series. */
function aLargeSnapshot(slotCount: number) {
  const slots = Array.from({ length: slotCount }, (_, index) =>
    aSlot({
      slotId: `workspace-demo-slot${index + 1}`,
      state: "allocated",
      allocatedAt: snapshotTime,
      lastActivityAt: snapshotTime,
      diskBytes: index,
    }),
  );
  return aSnapshot({ pools: [aPool({ slots })] });
}

test("every metric has its HELP and TYPE before the first collection, in both formats", async () => {
  const metrics = someMetrics();
  const [text, open] = [await textOf(metrics), await textOf(metrics, openMetrics)];
  for (const { name, kind } of catalogue) {
    expect(text).toContain(`\n# TYPE ${name} ${kind}\n`.slice(name === catalogue[0]?.name ? 1 : 0));
    const family = kind === "counter" ? name.replace(/_total$/, "") : name;
    expect(open).toContain(`# TYPE ${family} ${kind}\n`);
  }
});

test("no line is blank, and OpenMetrics ends with its end", async () => {
  const metrics = someMetrics();
  metrics.update(aBrokenSnapshot());
  await metrics.settled();
  for (const text of [await textOf(metrics), await textOf(metrics, openMetrics)])
    expect(text).not.toMatch(/\n\n|^\n/);
  expect(await textOf(metrics, openMetrics)).toMatch(/\n# EOF\n$/);
  expect(await textOf(metrics)).not.toContain("# EOF");
});

test("asking for OpenMetrics leaves the text as it was", async () => {
  const metrics = someMetrics();
  metrics.increment(sidecarMetrics.collections);
  await textOf(metrics, openMetrics);
  metrics.increment(sidecarMetrics.collections);
  expect(await textOf(metrics)).toMatch(/^repo_pool_collections_total 2$/m);
});

test("an anomaly, a slot and a pool that ended are gone with the next snapshot", async () => {
  const metrics = someMetrics();
  metrics.update(aBrokenSnapshot());
  await metrics.settled();
  expect(await textOf(metrics)).toContain('slot="workspace-demo-slot4"');
  metrics.update(aSnapshot());
  await metrics.settled();
  const text = await textOf(metrics);
  expect(text).not.toContain("workspace-demo-slot4");
  expect(text).not.toContain('pool="trees"');
  expect(text).toContain('repo_pool_up{pool="demo"} 1');
});

test("what removed slots had counted stays", async () => {
  const metrics = someMetrics();
  metrics.update(aSnapshot({ pools: [aPool({ slots: [aSlot({ allocationCount: 9 })] })] }));
  metrics.update(aSnapshot({ pools: [aPool({ slots: [] })] }));
  await metrics.settled();
  expect(await textOf(metrics)).toContain('repo_pool_slot_allocations_total{pool="demo"} 9');
});

describe("gzip", () => {
  test.each(["text/plain", openMetrics])("of %s is one member that holds the whole text", async (accept) => {
    const metrics = someMetrics();
    metrics.update(aLargeSnapshot(300));
    await metrics.settled();
    const zipped = await metrics.render({ accept, acceptEncoding: "gzip" });
    const plain = await metrics.render({ accept });
    expect(zipped.contentEncoding).toBe("gzip");
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
    // A member's length stands at its end; with several members it would be that of the last alone.
    expect(zipped.body.readUInt32LE(zipped.body.length - 4)).toBe(plain.body.length);
  });
});

test("scrapes with nothing new between them get the very same bytes", async () => {
  const metrics = someMetrics();
  metrics.update(aSnapshot());
  await metrics.settled();
  const [first, second] = [
    await metrics.render({ acceptEncoding: "gzip" }),
    await metrics.render({ acceptEncoding: "gzip" }),
  ];
  expect(second.body).toBe(first.body);
});

test("what was counted a moment ago is in the next scrape", async () => {
  const metrics = someMetrics();
  await textOf(metrics);
  metrics.increment(sidecarMetrics.webhookRejected, { reason: "unauthorized" });
  metrics.set(sidecarMetrics.queueDepth, 3);
  metrics.observeGitCommand({ command: "fetch", durationSeconds: 2, hasFailed: true, retryCount: 2 });
  metrics.observeGitCommand({ command: "--evil", durationSeconds: 2, hasFailed: false, retryCount: 0 });
  const text = await textOf(metrics);
  expect(text).toContain('repo_pool_webhook_rejected_total{reason="unauthorized"} 1\n');
  expect(text).toContain("repo_pool_queue_depth 3\n");
  expect(text).toContain('repo_pool_git_command_retries_total{command="fetch"} 2\n');
  expect(text).toContain('repo_pool_git_command_failures_total{command="fetch"} 1\n');
  expect(text).toContain('repo_pool_git_commands_total{command="other"} 1\n');
  expect(text).toContain('repo_pool_git_command_duration_seconds_bucket{le="5.0",command="fetch"} 1\n');
});

test("a label value outside its closed set makes no series", async () => {
  const metrics = someMetrics();
  metrics.increment(sidecarMetrics.webhookRejected, { reason: "whim" });
  metrics.increment(sidecarMetrics.webhookRejected, {});
  metrics.set(sidecarMetrics.queueDepth, 3, { path: "/etc" });
  const text = await textOf(metrics);
  expect(text).not.toMatch(/whim|undefined|\/etc/);
});

test("once the journal is counted, it alone tells of recoveries, for every pool from 0", async () => {
  const metrics = someMetrics();
  metrics.increment(sidecarMetrics.recoveryRuns, { trigger: "alert" }, 5);
  metrics.update(aSnapshot());
  const line = {
    at: "2026-05-04T12:00:00Z",
    kind: "run_finished",
    trigger: "alert",
    mode: "live",
    data: { results: {} },
  };
  metrics.setRecoveryTotals(addJournalLines(noRecoveryTotals, [line]));
  metrics.increment(sidecarMetrics.recoveryRuns, { trigger: "alert" });
  const text = await textOf(metrics);
  expect(text).toContain('repo_pool_recovery_runs_total{trigger="alert"} 1\n');
  expect(text.match(/^# TYPE repo_pool_recovery_runs_total /gm)).toHaveLength(1);
  expect(text).toContain('repo_pool_recovery_slots_released_total{pool="demo"} 0\n');
});

test("a pause is 1 for its pool and 0 for the others", async () => {
  const metrics = someMetrics();
  metrics.update(aBrokenSnapshot());
  metrics.setPoolStates({ paused: new Set(["demo"]), storm: new Set() });
  const text = await textOf(metrics);
  expect(text).toContain('repo_pool_recovery_paused{pool="demo"} 1\n');
  expect(text).toContain('repo_pool_recovery_paused{pool="trees"} 0\n');
  expect(text).toContain('repo_pool_recovery_storm{pool="demo"} 0\n');
});

test("the program tells its version, its configuration and its periods", async () => {
  const verificationPeriodSeconds = { connectivity: 86_400, full: 604_800 };
  const text = await textOf(someMetrics({ configLoadedAt: snapshotTime, verificationPeriodSeconds }));
  expect(text).toContain(
    `repo_pool_sidecar_build_info{version="1.2.3",revision="",node_version="${process.version}"} 1\n`,
  );
  expect(text).toContain("repo_pool_config_last_reload_successful 1\n");
  expect(text).toContain("repo_pool_config_last_reload_success_timestamp_seconds 1777896000\n");
  expect(text).toContain('repo_pool_verification_period_seconds{depth="full"} 604800\n');
  expect(text).toContain("repo_pool_collection_interval_seconds 30\n");
});

test("a very large snapshot is rendered while scrapes go on seeing the one before", async () => {
  const metrics = someMetrics();
  metrics.update(aSnapshot());
  await metrics.settled();
  metrics.update(aLargeSnapshot(5000));
  expect(await textOf(metrics)).not.toContain("workspace-demo-slot5000");
  await metrics.settled();
  expect(await textOf(metrics)).toContain("workspace-demo-slot5000");
});

test("of snapshots that come while one is rendered, the newest is seen in the end", async () => {
  const metrics = someMetrics();
  for (const slotCount of [3000, 2000, 1500]) metrics.update(aLargeSnapshot(slotCount));
  await metrics.settled();
  expect(await textOf(metrics)).toContain('repo_pool_slots{pool="demo",state="allocated"} 1500');
});

test("the process is read again once a second, however many scrape", async () => {
  let now = snapshotTime;
  const metrics = someMetrics({ clock: { now: () => now } });
  const readings: Buffer[] = [];
  for (const milliseconds of [0, 500, 999, 1000]) {
    now = new Date(snapshotTime.getTime() + milliseconds);
    readings.push((await metrics.render({})).body);
  }
  expect(readings.map((body) => body === readings[0])).toEqual([true, true, true, false]);
});
