import { gzipSync } from "node:zlib";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Snapshot } from "../anomalies/snapshot.ts";
import { catalogue, sidecarMetrics, snapshotMetrics, type MetricDefinition } from "./catalogue.ts";
import { sampleSnapshot, type Sample } from "./snapshot-samples.ts";

/** Gauges that end in `_total` fail promtool. */
const unwantedDefaults = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
];

/** Everything that is scraped: one rendered snapshot, and the sidecar's own counters. */
export class Metrics {
  readonly #own = new Registry();
  readonly #instruments = new Map<string, Counter | Gauge>();
  readonly #durations: Histogram;
  readonly #perSlot: boolean;
  #snapshotText = "";

  constructor(options: { version: string; collectionIntervalSeconds: number; perSlot: boolean }) {
    this.#perSlot = options.perSlot;
    collectDefaultMetrics({ register: this.#own });
    for (const name of unwantedDefaults) this.#own.removeSingleMetric(name);
    for (const metric of Object.values(sidecarMetrics))
      this.#instruments.set(metric.name, instrument(metric, this.#own));
    this.#durations = new Histogram({
      name: "repo_pool_collection_duration_seconds",
      help: "Duration of a whole collection.",
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers: [this.#own],
    });
    this.set(sidecarMetrics.collectionInterval, options.collectionIntervalSeconds);
    const versions = { version: options.version, revision: "", node_version: process.version };
    this.set(sidecarMetrics.buildInfo, 1, versions);
    this.#snapshotText = renderSamples([]);
  }

  increment(metric: MetricDefinition, labels: Record<string, string> = {}, by = 1): void {
    this.#instruments.get(metric.name)?.inc(labels, by);
  }

  set(metric: MetricDefinition, value: number, labels: Record<string, string> = {}): void {
    const found = this.#instruments.get(metric.name);
    if (found instanceof Gauge) found.set(labels, value);
  }

  observeCollection(durationSeconds: number): void {
    this.#durations.observe(durationSeconds);
  }

  /** Renders a snapshot once, for all scrapes until the next. */
  update(snapshot: Snapshot): void {
    this.#snapshotText = renderSamples(sampleSnapshot(snapshot, { perSlot: this.#perSlot }));
  }

  async render(request: { acceptEncoding?: string }): Promise<{
    contentType: string;
    contentEncoding: "gzip" | undefined;
    body: Buffer;
  }> {
    const text = Buffer.from(this.#snapshotText + (await this.#own.metrics()));
    const contentType = "text/plain; version=0.0.4; charset=utf-8";
    const isGzip = /\bgzip\b/.test(request.acceptEncoding ?? "");
    return {
      contentType,
      contentEncoding: isGzip ? "gzip" : undefined,
      body: isGzip ? gzipSync(text) : text,
    };
  }
}

function instrument(metric: MetricDefinition, registry: Registry): Counter | Gauge {
  const options = {
    name: metric.name,
    help: metric.help,
    labelNames: Object.keys(metric.labels),
    registers: [registry],
  };
  const made = metric.kind === "counter" ? new Counter(options) : new Gauge(options);
  for (const labels of closedCombinations(metric)) made.inc(labels, 0);
  return made;
}

/** Every combination of closed label sets, so that a series starts at 0; none where a label is open. */
function closedCombinations(metric: MetricDefinition): Record<string, string>[] {
  let combinations: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(metric.labels)) {
    if (typeof values === "string") return [];
    combinations = combinations.flatMap((labels) => values.map((value) => ({ ...labels, [label]: value })));
  }
  return combinations;
}

/** Text format 0.0.4 of all snapshot metrics; HELP and TYPE also where there is no series. */
function renderSamples(samples: readonly Sample[]): string {
  const names = new Set(Object.values(snapshotMetrics).map((metric) => metric.name));
  return catalogue
    .filter((metric) => names.has(metric.name))
    .map((metric) => {
      const lines = samples.filter((one) => one.metric === metric).map((one) => renderSample(one));
      return [
        `# HELP ${metric.name} ${metric.help}`,
        `# TYPE ${metric.name} ${metric.kind}`,
        ...lines,
        "",
      ].join("\n");
    })
    .join("");
}

function renderSample({ metric, labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${metric.name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
