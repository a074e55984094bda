import type { Snapshot } from "../../anomalies/snapshot.ts";
import { sidecarMetrics } from "../../metrics/catalogue.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import type { PoolStates } from "../../metrics/recovery-samples.ts";
import { refuseStorm } from "../../recovery/guards/unattended-guards.ts";
import type { Remediation } from "../../remediation/remediation.ts";
import type { JournalFeed } from "../journal/journal-feed.ts";
import type { LiveConfig } from "../config/live-config.ts";

export interface MetricsSourcesOptions {
  readonly live: LiveConfig;
  readonly metrics: Metrics;
  readonly remediation: Pick<Remediation, "pauses" | "queueDepth">;
  readonly journalFeed: Pick<JournalFeed, "lastStormOf">;
  snapshot(): Snapshot | undefined;
}

/** Feeds the metrics with what no collection and no journal tells. */
export class MetricsSources {
  readonly #options: MetricsSourcesOptions;

  constructor(options: MetricsSourcesOptions) {
    this.#options = options;
  }

  /** Before each rendering: what is read from memory. */
  readNow(now: Date): void {
    const { metrics, remediation } = this.#options;
    metrics.set(sidecarMetrics.queueDepth, remediation.queueDepth());
    metrics.setPoolStates(this.#poolStates(now));
  }

  #poolStates(now: Date): PoolStates {
    const { live, remediation, journalFeed } = this.#options;
    const current = this.#options.snapshot();
    const pauses = remediation.pauses().filter(({ slotId }) => slotId === undefined);
    const pools = current?.pools.map(({ repoName }) => repoName) ?? [];
    const isPaused = (repoName: string): boolean =>
      pauses.some(({ pool }) => pool === undefined || pool === repoName) ||
      live.isInMaintenance(repoName, now);
    const isInStorm = (repoName: string): boolean =>
      current !== undefined &&
      refuseStorm(repoName, { snapshot: current, memory: journalFeed, now }, live.config.recovery) !==
        undefined;
    return { paused: new Set(pools.filter(isPaused)), storm: new Set(pools.filter(isInStorm)) };
  }
}
