import { setImmediate as nextTurn } from "node:timers/promises";
import type { Snapshot } from "../../anomalies/snapshot.ts";
import { sidecarMetrics } from "../../metrics/catalogue.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import { systemClock } from "../../platform/clock.ts";
import { asError } from "../../platform/coded-error.ts";
import type { Logger } from "../../platform/logger.ts";
import { RepeatLimit } from "../../platform/repeat-limit.ts";
import { AnomalyLog } from "./anomaly-log.ts";

export interface CollectorOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  takeSnapshot(): Promise<Snapshot>;
}

/** Looks at the pools, keeps the last snapshot, and gives it to the metrics. */
export class Collector {
  readonly #options: CollectorOptions;
  #snapshot: Snapshot | undefined;
  readonly #anomalyLog: AnomalyLog;
  readonly #failures = new RepeatLimit({ mostPerPeriod: 1, periodSeconds: 3600 });
  #loggedErrors = "[]";
  #collecting: Promise<void> | undefined;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#anomalyLog = new AnomalyLog(options.logger);
  }

  /** The last one; undefined before the first collection has ended. */
  snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** One collection at a time; whoever asks meanwhile waits for the running one. Never rejects. */
  collect(): Promise<void> {
    this.#collecting ??= this.#collectOnce().finally(() => {
      this.#collecting = undefined;
    });
    return this.#collecting;
  }

  /** Resolves when no collection runs. */
  async idle(): Promise<void> {
    await this.#collecting;
  }

  async #collectOnce(): Promise<void> {
    const { metrics, logger } = this.#options;
    metrics.increment(sidecarMetrics.collections);
    const startedAt = performance.now();
    try {
      const snapshot = await this.#options.takeSnapshot();
      // Whoever scrapes has waited for what was noted of every slot already.
      await nextTurn();
      metrics.update(snapshot);
      metrics.observeCollection((performance.now() - startedAt) / 1000);
      this.#countLooks(snapshot);
      metrics.set(sidecarMetrics.collectionLastSuccessAt, snapshot.checkedAt.getTime() / 1000);
      this.#snapshot = snapshot;
      this.#logErrors(snapshot);
      this.#anomalyLog.note(snapshot);
    } catch (error) {
      metrics.increment(sidecarMetrics.collectionFailures);
      const { message } = asError(error);
      if (this.#failures.admit(message, systemClock.now()).isAdmitted)
        logger.error({ err: message }, "collection.failed");
    }
  }

  #countLooks({ verifications = new Map(), verificationFailures = new Map() }: Snapshot): void {
    const { metrics } = this.#options;
    for (const [depth, count] of verifications)
      metrics.increment(sidecarMetrics.verifications, { depth }, count);
    for (const [depth, count] of verificationFailures)
      metrics.increment(sidecarMetrics.verificationFailures, { depth }, count);
  }

  /** Once for as long as the same things cannot be looked at. */
  #logErrors({ errors, pools }: Snapshot): void {
    const problems = pools.flatMap((pool) =>
      pool.problems.map(({ code, path, detail }) => ({ code, path, detail })),
    );
    const all = [...errors, ...problems];
    const key = JSON.stringify(all);
    if (key === this.#loggedErrors) return;
    this.#loggedErrors = key;
    for (const { code, path, detail } of all)
      this.#options.logger.warn({ code, path, detail }, "collection.problem");
  }
}
