import { sidecarMetrics } from "../../metrics/catalogue.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import { StorageUsage } from "../../salvage/retention/storage-usage.ts";

/** Tells the metrics how much space saved and quarantined work takes, at the cost of listing two directories. */
export class StorageUsageMetrics {
  readonly #kept = new StorageUsage();
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
