export type MetricKind = "gauge" | "counter" | "histogram";

/**
 * A label's closed list of values, or what else bounds it: the pools, the slots, the sources, the hosts of a fleet, or one value for
 * each program ("open").
 */
export type LabelValues = readonly string[] | "pool" | "slot" | "source" | "sidecar" | "open";

/** Labels that are bounded by what there is. */
export const [pool, slot] = ["pool", "slot"] as const satisfies readonly LabelValues[];

/** One metric: its name says the unit, `help` what a value means. */
export interface MetricDefinition {
  readonly name: string;
  readonly kind: MetricKind;
  readonly help: string;
  readonly labels: Readonly<Record<string, LabelValues>>;
  /** Upper bounds of a histogram's buckets, in the unit of its name; empty for the other kinds. */
  readonly buckets: readonly number[];
}

type Labels = MetricDefinition["labels"];

export function gauge(name: string, help: string, labels: Labels = {}): MetricDefinition {
  return { name, kind: "gauge", help, labels, buckets: [] };
}

export function counter(name: string, help: string, labels: Labels = {}): MetricDefinition {
  return { name, kind: "counter", help, labels, buckets: [] };
}

export function histogram(
  name: string,
  help: string,
  buckets: readonly number[],
  labels: Labels = {},
): MetricDefinition {
  return { name, kind: "histogram", help, labels, buckets };
}

/** True if there is a series for each slot: `metrics.per_slot: false` switches these off. */
export function isPerSlot(metric: MetricDefinition): boolean {
  return Object.values(metric.labels).includes("slot");
}

/** Every combination of the closed label sets, each of which starts at 0; none if a label is not closed. */
export function closedCombinations(metric: MetricDefinition): Record<string, string>[] {
  let combinations: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(metric.labels)) {
    if (typeof values === "string") return [];
    combinations = combinations.flatMap((labels) => values.map((value) => ({ ...labels, [label]: value })));
  }
  return combinations;
}

/** False if a label is missing, unknown, or has a value outside its closed set: such a series must not come to be. */
export function hasKnownLabels(metric: MetricDefinition, labels: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(metric.labels);
  if (names.length !== Object.keys(labels).length) return false;
  return names.every((name) => {
    const values = metric.labels[name];
    const value = labels[name];
    if (values === undefined || value === undefined) return false;
    return typeof values === "string" || values.includes(value);
  });
}
