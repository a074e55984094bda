import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { renderMetricsReference } from "../../scripts/metrics-reference.ts";
import { catalogue, sidecarMetrics } from "../../src/metrics/catalogue.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import { addJournalLines, noRecoveryTotals } from "../../src/metrics/recovery-totals.ts";
import { aBrokenSnapshot } from "../kit/a-snapshot.ts";
import { freePort } from "../kit/free-port.ts";
import { until } from "../kit/until.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function emptyMetrics(): Metrics {
  return new Metrics({ version: "1.2.3", collectionIntervalSeconds: 30, perSlot: true, maxSlotSeries: 1000 });
}

/** Something in every metric that can have it. */
async function richMetrics(): Promise<Metrics> {
  const metrics = emptyMetrics();
  metrics.update(aBrokenSnapshot());
  await metrics.settled();
  metrics.setRecoveryTotals(
    addJournalLines(noRecoveryTotals, [
      {
        at: "2026-05-04T12:00:00Z",
        kind: "outcome",
        trigger: "alert",
        mode: "live",
        repo_name: "demo",
        action: "reclone",
        outcome: "failed",
        duration_seconds: 2,
        salvage_id: "one",
      },
    ]),
  );
  metrics.setPoolStates({ paused: new Set(["demo"]), storm: new Set(["trees"]) });
  metrics.increment(sidecarMetrics.webhookRejected, { reason: "unauthorized" });
  metrics.observeCollection(0.02);
  metrics.observeGitCommand({ command: "fetch", durationSeconds: 2, hasFailed: true, retryCount: 2 });
  return metrics;
}

test.each([
  ["before the first collection", () => Promise.resolve(emptyMetrics())],
  ["over a broken pool", richMetrics],
])("promtool finds nothing to say %s", async (_when, build) => {
  const { body } = await (await build()).render({});
  const checked = spawnSync("promtool", ["check", "metrics"], { input: body, encoding: "utf8" });
  expect({ status: checked.status, said: checked.stdout + checked.stderr }).toEqual({ status: 0, said: "" });
});

test("docs/metrics.md is what the catalogue says", async () => {
  const committed = readFileSync("docs/metrics.md", "utf8");
  expect(committed, "run npm run docs:generate").toBe(await renderMetricsReference());
  const names = [...committed.matchAll(/^\| `(repo_pool_\w+)`/gm)].map(([, name]) => name);
  expect(names).toEqual(catalogue.map(({ name }) => name));
});

/** The changelog says what became of them. */
const retiredNames = ["repo_pool_schedule_unmade_runs_total"];

test("the documents name only metrics that there are", () => {
  const series = new Set(
    catalogue.flatMap(({ name, kind }) => (kind === "histogram" ? [name, `${name}_bucket`] : [name])),
  );
  const documents = [
    "README.md",
    "CHANGELOG.md",
    ...readdirSync("docs", { recursive: true, encoding: "utf8" }),
  ]
    .filter((name) => name.endsWith(".md"))
    .map((name) => (existsSync(name) ? name : join("docs", name)));
  const named = documents.flatMap((document) =>
    (readFileSync(document, "utf8").match(/(?<![\w:])repo_pool_\w+/g) ?? []).map((name) => ({
      document,
      name,
    })),
  );
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter(({ name }) => !series.has(name) && !retiredNames.includes(name))).toEqual([]);
});

test("a real Prometheus takes both formats, compressed, with every sample", async () => {
  const metrics = await richMetrics();
  const openMetrics = await serve(metrics, ({ headers }) => headers.accept);
  const text = await serve(metrics, () => "text/plain");
  const prometheus = await startPrometheus({ openmetrics: openMetrics.port, text: text.port });
  for (const job of ["openmetrics", "text"]) {
    await until(`a scrape of ${job}`, async () =>
      (await query(prometheus, `up{job="${job}"}`)) === "1" ? true : undefined,
    );
    const value = (series: string) => query(prometheus, series.replace("{", `{job="${job}",`));
    expect(await value('repo_pool_anomalies{pool="demo",kind="corrupted_slot"}')).toBe("1");
    expect(await value('repo_pool_slot_usage_seconds_total{pool="demo"}')).toBe("5400.5");
    expect(await value('repo_pool_webhook_rejected_total{reason="unauthorized"}')).toBe("1");
    expect(await value('repo_pool_recovery_action_duration_seconds_bucket{action="reclone",le="10.0"}')).toBe(
      "1",
    );
    expect(await value('repo_pool_sidecar_build_info{version="1.2.3"}')).toBe("1");
  }
  for (const [job, server] of [
    ["openmetrics", openMetrics],
    ["text", text],
  ] as const) {
    expect(new Set(server.answers.map(({ format }) => format))).toEqual(new Set([`${job} gzip`]));
    const scraped = await query(prometheus, `max_over_time(scrape_samples_scraped{job="${job}"}[1m])`);
    expect(Number(scraped)).toBeGreaterThan(700);
    expect(server.answers.map(({ sampleCount }) => sampleCount)).toContain(Number(scraped));
  }
});

function countSamples(text: string): number {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
}

/** Serves the exposition as the sidecar does, and remembers what it answered with. */
async function serve(metrics: Metrics, selectAccept: (request: IncomingMessage) => string | undefined) {
  const answers: { format: string; sampleCount: number }[] = [];
  const server: Server = createServer((request, response) => {
    const accept = selectAccept(request);
    const acceptEncoding = String(request.headers["accept-encoding"]);
    void metrics.render({ acceptEncoding, ...(accept === undefined ? {} : { accept }) }).then((answer) => {
      const format = answer.contentType.includes("openmetrics") ? "openmetrics" : "text";
      const isGzip = answer.contentEncoding === "gzip";
      const text = (isGzip ? gunzipSync(answer.body) : answer.body).toString();
      answers.push({
        format: `${format} ${isGzip ? "gzip" : "identity"}`,
        sampleCount: countSamples(text),
      });
      response.setHeader("Content-Type", answer.contentType);
      if (answer.contentEncoding !== undefined)
        response.setHeader("Content-Encoding", answer.contentEncoding);
      response.end(answer.body);
    });
  });
  const port = await freePort();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port, answers };
}

/** @returns its address once it answers. */
async function startPrometheus(ports: Readonly<Record<string, number>>): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "metrics-contract-"));
  cleanups.push(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  const jobs = Object.entries(ports).map(
    ([job, port]) => `  - job_name: ${job}\n    static_configs: [{ targets: ["127.0.0.1:${port}"] }]\n`,
  );
  const file = join(directory, "prometheus.yml");
  writeFileSync(file, `global: { scrape_interval: 1s }\nscrape_configs:\n${jobs.join("")}`);
  const address = `127.0.0.1:${await freePort()}`;
  const data = join(directory, "data");
  const child = spawn(
    "prometheus",
    [`--config.file=${file}`, `--storage.tsdb.path=${data}`, `--web.listen-address=${address}`],
    { stdio: "ignore" },
  );
  cleanups.push(() => stop(child));
  return `http://${address}`;
}

async function stop(child: ChildProcess): Promise<void> {
  const closed = once(child, "close");
  child.kill("SIGTERM");
  await closed;
}

/** The value of the first series of an instant query; undefined if there is none, or no answer yet. */
async function query(address: string, expression: string): Promise<string | undefined> {
  const url = `${address}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const response = await fetch(url).catch(() => undefined);
  if (response?.ok !== true) return undefined;
  const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
  return data.result[0]?.value[1];
}
