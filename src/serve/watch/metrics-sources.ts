import { sidecarMetrics } from "../../metrics/catalogue.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import type { PoolStates } from "../../metrics/recovery-samples.ts";
import { refuseStorm } from "../../recovery/guards/unattended-guards.ts";
import { remediationModes, unattendedMode } from "../../remediation/alerts/policy.ts";
import type { Remediation } from "../../remediation/remediation.ts";
import type { JournalFeed } from "../journal/journal-feed.ts";
import type { LiveConfig } from "../config/live-config.ts";
import type { Collector } from "./collector.ts";

export interface MetricsSourcesOptions {
  readonly live: Pick<LiveConfig, "config" | "pausePolicy">;
  readonly metrics: Metrics;
  readonly remediation: Pick<Remediation, "queueDepth" | "approvalCount">;
  readonly journalFeed: Pick<JournalFeed, "lastStormOf">;
  readonly collector: Pick<Collector, "snapshot">;
}

/** Feeds the metrics with what comes neither from collections nor from the journal. */
export class MetricsSources {
  readonly #options: MetricsSourcesOptions;

  constructor(options: MetricsSourcesOptions) {
    this.#options = options;
  }

  /** Before each rendering: what is read from memory. */
  readNow(now: Date): void {
    const { metrics, remediation } = this.#options;
    metrics.set(sidecarMetrics.queueDepth, remediation.queueDepth());
    metrics.set(sidecarMetrics.approvalsWaiting, remediation.approvalCount());
    const inForce = unattendedMode(this.#options.live.config);
    for (const mode of remediationModes)
      metrics.set(sidecarMetrics.recoveryMode, mode === inForce ? 1 : 0, { mode });
    metrics.setPoolStates(this.#poolStates(now));
  }

  #poolStates(now: Date): PoolStates {
    const { live, collector, journalFeed } = this.#options;
    const current = collector.snapshot();
    const pools = current?.pools.map(({ repoName }) => repoName) ?? [];
    const isPaused = (repoName: string): boolean =>
      live.pausePolicy.findPause({ pool: repoName, slotId: undefined }, "schedule") !== undefined;
    const isInStorm = (repoName: string): boolean =>
      current !== undefined &&
      refuseStorm(repoName, { snapshot: current, memory: journalFeed, now }, live.config.recovery) !==
        undefined;
    return { paused: new Set(pools.filter(isPaused)), storm: new Set(pools.filter(isInStorm)) };
  }
}
