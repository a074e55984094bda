import type { Registry } from "prom-client";
import type { MetricDefinition } from "./metric-definition.ts";
import { formatBound } from "./recovery-samples.ts";
import type { Sample } from "./sample.ts";

export interface RegistryFamily {
  readonly name: string;
  readonly help: string;
  /** prom-client's word; its types say a number, it gives a text. */
  readonly type: unknown;
}

/**
 * A registry's values as samples. prom-client's own rendering is never used: as OpenMetrics it renames the counters
 * that it renders, permanently, and as text it writes `Nan`.
 */
export async function sampleRegistry(
  registry: Registry,
  define: (family: RegistryFamily) => MetricDefinition | undefined,
): Promise<Sample[]> {
  const families = await registry.getMetricsAsJSON();
  return families.flatMap((family) => {
    const metric = define(family);
    if (metric === undefined) return [];
    return family.values.map((value) => {
      const name: unknown = "metricName" in value ? value.metricName : undefined;
      return { metric, labels: textLabels(value.labels), value: value.value, suffix: suffixOf(name, metric) };
    });
  });
}

function suffixOf(name: unknown, metric: MetricDefinition): Sample["suffix"] {
  if (name === `${metric.name}_bucket`) return "_bucket";
  if (name === `${metric.name}_sum`) return "_sum";
  return name === `${metric.name}_count` ? "_count" : "";
}

function textLabels(labels: Partial<Record<string, string | number>>): Record<string, string> {
  const entries = Object.entries(labels).map(([name, value]) => [
    name,
    typeof value === "number" ? formatBound(value) : (value ?? ""),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}
