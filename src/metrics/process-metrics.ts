import { collectDefaultMetrics, Registry } from "prom-client";
import type { MetricDefinition, MetricKind } from "./metric-definition.ts";
import { sampleRegistry, type RegistryFamily } from "./registry-samples.ts";
import { renderPart, type RenderedPart } from "./rendered-part.ts";

/** Gauges whose names end in `_total`, which promtool refuses. */
const misnamedMetrics = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
];

/** prom-client's `process_*` and `nodejs_*`. */
export class ProcessMetrics {
  readonly #registry = new Registry();
  readonly #definitions = new Map<string, MetricDefinition>();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    for (const name of misnamedMetrics) this.#registry.removeSingleMetric(name);
  }

  /** Reads the process again. */
  async render(): Promise<RenderedPart> {
    const samples = await sampleRegistry(this.#registry, (family) => this.#define(family));
    return renderPart([...this.#definitions.values()], samples);
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

function kindOf(type: unknown): MetricKind {
  return type === "counter" || type === "histogram" ? type : "gauge";
}
