import { sidecarMetrics } from "../metrics/catalogue.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { KeptBytes } from "../recovery/salvage/kept-bytes.ts";

/** Tells the metrics how much space saved and quarantined work takes, at the cost of listing two directories. */
export class KeptWorkMeter {
  readonly #kept = new KeptBytes();
  readonly #metrics: Metrics;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  update(stateDir: string): void {
    const { salvageBytes, quarantineBytes } = this.#kept.measure(stateDir);
    this.#metrics.set(sidecarMetrics.salvageBytes, salvageBytes);
    this.#metrics.set(sidecarMetrics.quarantineBytes, quarantineBytes);
  }
}
