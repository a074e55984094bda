import { format } from "prettier";
import { catalogue } from "../src/metrics/catalogue.ts";
import { isPerSlot, type LabelValues, type MetricDefinition } from "../src/metrics/metric-definition.ts";

const introduction = `# Metrics

<!-- Generated from src/metrics/catalogue.ts by \`npm run docs:generate\`; do not edit. -->

\`GET /metrics\` answers in the text format 0.0.4 or in OpenMetrics 1.0.0, as \`Accept\` prefers, and with gzip if \`Accept-Encoding\` allows it.

Each collection is rendered once and served until the next one. Series of slots, pools and anomalies that ended disappear with the next collection. Every combination of a metric's closed label values starts at 0, unless the metric exists only while something lasts. Times are exported instead of ages, because a cached age goes stale: use \`time() - x\`.

Metrics marked S have series for each slot. \`metrics.per_slot: false\` switches them off for very large pools.

The \`process_*\` and \`nodejs_*\` metrics of prom-client are exported too, without \`nodejs_active_handles_total\`, \`nodejs_active_requests_total\` and \`nodejs_active_resources_total\`. The process is read at most once a second. The event loop is asked every 100 ms whether it is late; the \`nodejs_eventloop_lag_*\` say by how much, so 0 is an event loop that never was.
`;

/** The page docs/metrics.md. */
export async function renderMetricsReference(): Promise<string> {
  const rows = catalogue.map((metric) => {
    const name = `\`${metric.name}\`${isPerSlot(metric) ? " S" : ""}`;
    return `| ${name} | ${metric.kind} | ${Object.keys(metric.labels).join(", ")} | ${metric.help} |`;
  });
  const table = ["| name | kind | labels | meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
  const page = `${introduction}\n${table}\n\n## Label values\n\n${describeLabels()}\n\n## Buckets\n\n${describeBuckets()}\n`;
  return format(page, { parser: "markdown", printWidth: 110 });
}

function describeLabels(): string {
  const metricsByValues = new Map<string, string[]>();
  for (const metric of catalogue)
    for (const [label, values] of Object.entries(metric.labels)) {
      const meaning = `\`${label}\`: ${describeValues(label, values)}`;
      const names = metricsByValues.get(meaning) ?? [];
      metricsByValues.set(meaning, [...names, `\`${metric.name}\``]);
    }
  return [...metricsByValues].map(([meaning, names]) => describeLabel(meaning, names)).join("\n");
}

/** Pools and slots are everywhere: there a list of metrics would tell nothing. */
function describeLabel(meaning: string, names: readonly string[]): string {
  const isEverywhere = /^`(pool|slot)`/.test(meaning);
  return isEverywhere ? `- ${meaning}` : `- ${meaning} (${names.join(", ")})`;
}

function describeValues(label: string, values: LabelValues): string {
  if (values === "pool") return "a pool's `repo_name`";
  if (values === "slot") return "a `slot_id`";
  if (values === "source") return "a source's `name`, or `workspaces`";
  if (values === "sidecar") return "a host's name in the fleet (`queue.sidecar`)";
  if (values === "open") return `one value for a running program`;
  if (label === "problem") return describeProblems(values);
  return values.map((value) => `\`${value}\``).join(", ");
}

function describeProblems(values: readonly string[]): string {
  const named = values.filter((value) => !value.startsWith("main_repo_")).map((value) => `\`${value}\``);
  return `${named.join(", ")}, or \`main_repo_\` and a corruption reason`;
}

function describeBuckets(): string {
  const histograms = catalogue.filter((metric) => metric.kind === "histogram");
  return histograms.map((metric) => `- ${describeBounds(metric)}`).join("\n");
}

function describeBounds({ name, buckets }: MetricDefinition): string {
  return `\`${name}\`: ${buckets.join(", ")}`;
}
