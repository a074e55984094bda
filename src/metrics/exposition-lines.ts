import type { ExpositionFormat } from "./exposition-format.ts";
import type { MetricDefinition } from "./metric-definition.ts";
import type { Sample } from "./sample.ts";

/** What HELP and TYPE are made of. */
export type MetricHeader = Pick<MetricDefinition, "name" | "help" | "kind">;

/**
 * HELP and TYPE. OpenMetrics names a counter's family without `_total` (a real Prometheus refuses it otherwise), and
 * escapes quotes in HELP.
 */
export function renderHeader(metric: MetricHeader, format: ExpositionFormat): string {
  const isOpenMetrics = format === "openmetrics";
  const name = isOpenMetrics && metric.kind === "counter" ? metric.name.replace(/_total$/, "") : metric.name;
  const help = isOpenMetrics ? escapeLabelValue(metric.help) : escapeHelp(metric.help);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${metric.kind}\n`;
}

/** One line, the same in both formats. */
export function renderSample({ metric, labels, value, suffix }: Sample): string {
  return `${metric.name}${suffix}${renderLabels(labels)} ${formatValue(value)}\n`;
}

/** The samples of a slot come one behind the other, and most have the same labels. */
let last: { readonly labels: Sample["labels"]; readonly text: string } | undefined;

function renderLabels(labels: Sample["labels"]): string {
  if (last?.labels === labels) return last.text;
  let pairs = "";
  for (const [name, text] of Object.entries(labels))
    pairs += `${pairs === "" ? "{" : ","}${name}="${escapeLabelValue(text)}"`;
  last = { labels, text: pairs === "" ? "" : `${pairs}}` };
  return last.text;
}

function formatValue(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}

const needsEscape = /[\\\n"]/;

function escapeLabelValue(text: string): string {
  // Nearly no value needs it: the test is what makes thousands of lines cheap.
  return needsEscape.test(text) ? escapeHelp(text).replaceAll('"', '\\"') : text;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
