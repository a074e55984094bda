import { setImmediate as nextTurn } from "node:timers/promises";
import type { FleetProblem } from "../../fleet/fleet-link.ts";
import type { Snapshot } from "../../anomalies/snapshot.ts";
import { sidecarMetrics } from "../../metrics/catalogue.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import { systemClock } from "../../platform/clock.ts";
import { asError } from "../../platform/coded-error.ts";
import type { Logger } from "../../platform/logger.ts";
import { RepeatLimit } from "../../platform/repeat-limit.ts";
import type { LiveConfig } from "../config/live-config.ts";
import type { DeepCheckScheduler } from "../deep-checks/deep-check-scheduler.ts";
import type { FleetStatus } from "../fleet/fleet-status.ts";
import type { JournalFeed } from "../journal/journal-feed.ts";
import { AnomalyLog } from "./anomaly-log.ts";
import type { PoolWatch } from "./pool-watch.ts";
import { StorageUsage } from "../../salvage/retention/storage-usage.ts";
import { SingleFlight } from "../../platform/single-flight.ts";

export interface CollectorOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly live: Pick<LiveConfig, "config" | "services">;
  readonly watch: Pick<PoolWatch, "look" | "remember">;
  readonly deepChecks: Pick<DeepCheckScheduler, "hasChangedFaults" | "run">;
  readonly journalFeed: Pick<JournalFeed, "read">;
  readonly fleet: Pick<FleetStatus, "problem">;
}

/** Inspects the pools, keeps the last snapshot, and gives it to the metrics. */
export class Collector {
  readonly #options: CollectorOptions;
  #snapshot: Snapshot | undefined;
  readonly #anomalyLog: AnomalyLog;
  readonly #failures = new RepeatLimit({ mostPerPeriod: 1, periodSeconds: 3600 });
  #loggedErrors = "[]";
  readonly #collecting = new SingleFlight();
  readonly #kept = new StorageUsage();

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#anomalyLog = new AnomalyLog(options.logger);
  }

  /** The last one; undefined before the first collection has ended. */
  snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** One collection at a time: a call during one waits for it. Never rejects. */
  collect(): Promise<void> {
    return this.#collecting.run(() => this.#collectOnce());
  }

  /** Resolves when no collection runs. */
  idle(): Promise<void> {
    return this.#collecting.ended();
  }

  async #collectOnce(): Promise<void> {
    const { metrics, logger, watch } = this.#options;
    metrics.increment(sidecarMetrics.collections);
    const startedAt = performance.now();
    try {
      const snapshot = await this.#look();
      // Scrapes have waited while every slot was handled.
      await nextTurn();
      metrics.update(snapshot);
      metrics.observeCollection((performance.now() - startedAt) / 1000);
      this.#countLooks(snapshot);
      metrics.set(sidecarMetrics.collectionLastSuccessAt, snapshot.checkedAt.getTime() / 1000);
      this.#snapshot = snapshot;
      this.#logErrors(snapshot);
      this.#anomalyLog.note(snapshot);
      // Only now: copies of a thousand slots wait for the disk, and the metrics do not wait for them.
      await nextTurn();
      await watch.remember();
    } catch (error) {
      metrics.increment(sidecarMetrics.collectionFailures);
      const { message } = asError(error);
      if (this.#failures.admit(message, systemClock.now()).isAdmitted)
        logger.error({ err: message }, "collection.failed");
    }
  }

  async #look(): Promise<Snapshot> {
    const { live, watch, deepChecks, journalFeed, fleet } = this.#options;
    this.#measureKept();
    journalFeed.read();
    const snapshot = await watch.look(live.services.snapshots);
    // A repaired fault must not be reported until the next tick.
    if (deepChecks.hasChangedFaults()) void deepChecks.run();
    return withFleetProblem(snapshot, fleet.problem());
  }

  /** At the cost of listing two directories. */
  #measureKept(): void {
    const { metrics, live } = this.#options;
    const { salvageBytes, quarantineBytes } = this.#kept.measure(live.config.stateDir);
    metrics.set(sidecarMetrics.salvageBytes, salvageBytes);
    metrics.set(sidecarMetrics.quarantineBytes, quarantineBytes);
  }

  #countLooks({ verifications = new Map(), verificationFailures = new Map() }: Snapshot): void {
    const { metrics } = this.#options;
    for (const [depth, count] of verifications)
      metrics.increment(sidecarMetrics.verifications, { depth }, count);
    for (const [depth, count] of verificationFailures)
      metrics.increment(sidecarMetrics.verificationFailures, { depth }, count);
  }

  /** Logged once while the same things cannot be read. */
  #logErrors({ errors, problems, pools }: Snapshot): void {
    const poolProblems = pools.flatMap((pool) =>
      pool.problems.map(({ code, path, detail }) => ({ code, path, detail })),
    );
    const all = [...errors, ...problems, ...poolProblems];
    const key = JSON.stringify(all);
    if (key === this.#loggedErrors) return;
    this.#loggedErrors = key;
    for (const { code, path, detail } of all)
      this.#options.logger.warn({ code, path, detail }, "collection.problem");
  }
}

function withFleetProblem(snapshot: Snapshot, problem: FleetProblem | undefined): Snapshot {
  if (problem === undefined) return snapshot;
  const detail = `${problem.code}: ${problem.detail}`;
  return { ...snapshot, errors: [...snapshot.errors, { code: "fleet_unavailable", detail }] };
}
