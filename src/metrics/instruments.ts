import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { closedCombinations, hasKnownLabels, type MetricDefinition } from "./metric-definition.ts";
import { sampleRegistry } from "./registry-samples.ts";
import type { Sample } from "./sample.ts";

type Labels = Readonly<Record<string, string>>;

/** What the sidecar counts and measures itself: prom-client's instruments, made from the catalogue. */
export class Instruments {
  readonly #registry = new Registry();
  readonly #instruments = new Map<MetricDefinition, Counter | Gauge | Histogram>();
  readonly #gaugeValues = new Map<string, number>();
  readonly #onChange: () => void;

  constructor(metrics: readonly MetricDefinition[], onChange: () => void) {
    this.#onChange = onChange;
    for (const metric of metrics) this.#instruments.set(metric, createInstrument(metric, this.#registry));
  }

  /** Labels outside their closed sets are not counted: they would be series that nobody knows of. */
  increment(metric: MetricDefinition, labels: Labels, by: number): void {
    const instrument = this.#instruments.get(metric);
    if (instrument === undefined || instrument instanceof Histogram || !hasKnownLabels(metric, labels))
      return;
    instrument.inc({ ...labels }, by);
    this.#onChange();
  }

  set(metric: MetricDefinition, value: number, labels: Labels): void {
    const instrument = this.#instruments.get(metric);
    if (!(instrument instanceof Gauge) || !hasKnownLabels(metric, labels)) return;
    const series = `${metric.name} ${JSON.stringify(labels)}`;
    if (this.#gaugeValues.get(series) === value) return;
    this.#gaugeValues.set(series, value);
    instrument.set({ ...labels }, value);
    this.#onChange();
  }

  observe(metric: MetricDefinition, value: number, labels: Labels): void {
    const instrument = this.#instruments.get(metric);
    if (!(instrument instanceof Histogram) || !hasKnownLabels(metric, labels)) return;
    instrument.observe({ ...labels }, value);
    this.#onChange();
  }

  /** Removes metrics that another source provides. */
  remove(metrics: readonly MetricDefinition[]): void {
    for (const metric of metrics) {
      this.#instruments.delete(metric);
      this.#registry.removeSingleMetric(metric.name);
    }
    this.#onChange();
  }

  async sample(): Promise<Sample[]> {
    const byName = new Map([...this.#instruments.keys()].map((metric) => [metric.name, metric]));
    return sampleRegistry(this.#registry, (family) => byName.get(family.name));
  }
}

function createInstrument(metric: MetricDefinition, registry: Registry): Counter | Gauge | Histogram {
  const { name, help } = metric;
  const options = { name, help, labelNames: Object.keys(metric.labels), registers: [registry] };
  const combinations = closedCombinations(metric);
  switch (metric.kind) {
    case "counter": {
      const made = new Counter(options);
      for (const labels of combinations) made.inc(labels, 0);
      return made;
    }
    case "gauge": {
      const made = new Gauge(options);
      for (const labels of combinations) made.set(labels, 0);
      return made;
    }
    case "histogram": {
      const made = new Histogram({ ...options, buckets: [...metric.buckets] });
      for (const labels of combinations) made.zero(labels);
      return made;
    }
  }
}
