import { collectDefaultMetrics, Registry } from "prom-client";
import type { MetricDefinition, MetricKind } from "./metric-definition.ts";
import { sampleRegistry, type RegistryFamily } from "./registry-samples.ts";
import type { Sample } from "./sample.ts";
import { renderPart, type RenderedPart } from "./rendered-part.ts";

/** Gauges whose names end in `_total`, which promtool refuses. */
const misnamedMetrics = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
];

/**
 * How often the event loop is asked whether it is late: prom-client's 10 ms wake an idle process a hundred times a second,
 * which takes more CPU time than its collections (measured).
 */
const lagPeriodMilliseconds = 100;
const lagMetric = /^nodejs_eventloop_lag_(?:min|max|mean|p\d+)_seconds$/;

/** prom-client's `process_*` and `nodejs_*`. */
export class ProcessMetrics {
  readonly #registry = new Registry();
  readonly #definitions = new Map<string, MetricDefinition>();

  constructor() {
    collectDefaultMetrics({
      register: this.#registry,
      eventLoopMonitoringPrecision: lagPeriodMilliseconds,
    });
    for (const name of misnamedMetrics) this.#registry.removeSingleMetric(name);
  }

  /** Reads the process again. */
  async render(): Promise<RenderedPart> {
    const samples = await sampleRegistry(this.#registry, (family) => this.#define(family));
    return renderPart([...this.#definitions.values()], samples.map(withoutLagPeriod));
  }

  #define(family: RegistryFamily): MetricDefinition {
    const known = this.#definitions.get(family.name);
    if (known !== undefined) return known;
    const { name, help } = family;
    const definition = { name, help, kind: kindOf(family.type), labels: {}, buckets: [] };
    this.#definitions.set(name, definition);
    return definition;
  }
}

/** How late the event loop was: what is measured is the time from one question to the next. */
export function withoutLagPeriod(sample: Sample): Sample {
  if (!lagMetric.test(sample.metric.name)) return sample;
  return { ...sample, value: Math.max(0, sample.value - lagPeriodMilliseconds / 1000) };
}

function kindOf(type: unknown): MetricKind {
  return type === "counter" || type === "histogram" ? type : "gauge";
}
