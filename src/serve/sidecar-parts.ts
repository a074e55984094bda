import type { Snapshot } from "../anomalies/snapshot.ts";
import type { SidecarConfig } from "../config/sidecar-config.ts";
import { Journal } from "../journal/journal.ts";
import { Leadership } from "../pool/locks/leadership.ts";
import { sidecarMetrics } from "../metrics/catalogue.ts";
import { Metrics } from "../metrics/metrics.ts";
import { systemClock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { Pauses } from "../recovery/guards/pauses.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";
import { Remediation, type RemediationNote } from "../remediation/remediation.ts";
import { intervalSecondsOf } from "../schedule/schedule.ts";
import { Collector } from "./watch/collector.ts";
import { DeepCheckScheduler } from "./deep-checks/deep-check-scheduler.ts";
import { JournalFeed } from "./journal/journal-feed.ts";
import { StorageUsageMetrics } from "./watch/storage-usage-metrics.ts";
import { LiveConfig, type LiveConfigOptions } from "./config/live-config.ts";
import { MetricsSources } from "./watch/metrics-sources.ts";
import { noteAfterwards } from "../journal/operator-event.ts";
import { PoolWatch } from "./watch/pool-watch.ts";
import { RecoveryRunner } from "./recovery-runner.ts";

export interface SidecarParts {
  readonly live: LiveConfig;
  readonly metrics: Metrics;
  /** Whether this `serve` may recover what no person asked for. */
  readonly leadership: Leadership;
  readonly collector: Collector;
  readonly deepChecks: DeepCheckScheduler;
  readonly runner: RecoveryRunner;
  readonly remediation: Remediation;
  readonly journalFeed: JournalFeed;
  readonly sources: MetricsSources;
}

export interface SidecarPartsOptions {
  readonly config: LiveConfigOptions;
  readonly version: string;
  /** The commit that the program was built from. */
  readonly revision: string;
  readonly logger: Logger;
  /** Why the fleet's PostgreSQL cannot be used now; undefined where it can, or where there is no fleet. */
  fleetProblem?(): { readonly code: string; readonly detail: string } | undefined;
}

/** Everything behind the HTTP server and the schedules; nothing runs yet. */
export function createSidecarParts(options: SidecarPartsOptions): SidecarParts {
  const { config: source, logger } = options;
  const live = new LiveConfig(source);
  const { config } = live;
  const metrics = createMetrics(options, config);
  const leadership = new Leadership({ stateDir: config.stateDir, clock: systemClock, logger });
  const meter = new StorageUsageMetrics(metrics);
  const follower = new Journal(config.stateDir).follow();
  const journalFeed = new JournalFeed({ follower, metrics, logger });
  const { watch, deepChecks } = createWatching(live, logger, metrics);
  const collector = new Collector({
    logger,
    metrics,
    takeSnapshot: async () => {
      meter.update(config.stateDir);
      journalFeed.read();
      const snapshot = await watch.takeSnapshot(live.manager);
      // What a repair has ended is not to be told until the next tick.
      if (deepChecks.hasChangedFaults()) void deepChecks.run();
      return withFleetProblem(snapshot, options.fleetProblem?.());
    },
  });
  const runner = new RecoveryRunner({
    logger,
    journalFeed,
    recover: (request) =>
      live.manager.recover(asDeepAsKnown(request, watch), { isLeader: () => leadership.isLeader() }),
    collect: () => collector.collect(),
  });
  const remediation = new Remediation({
    settings: () => live.remediation,
    pauses: new Pauses(config.stateDir),
    clock: systemClock,
    logger,
    snapshot: () => collector.snapshot(),
    runRecovery: (request) => runner.run(request),
    requestRescan: () => void collector.collect(),
    stateDirectory: config.stateDir,
    isLeader: () => leadership.isLeader(),
    isInMaintenance: (pool, now) => live.isInMaintenance(pool, now),
    onDecision: ({ decision }) => {
      metrics.increment(sidecarMetrics.webhookAlerts, { decision });
    },
    note: (note) => {
      writeNote(config.stateDir, note, logger);
    },
  });
  const sources = new MetricsSources({
    live,
    metrics,
    remediation,
    journalFeed,
    snapshot: () => collector.snapshot(),
  });
  return { live, metrics, collector, deepChecks, runner, remediation, leadership, journalFeed, sources };
}

function withFleetProblem(
  snapshot: Snapshot,
  problem: { code: string; detail: string } | undefined,
): Snapshot {
  if (problem === undefined) return snapshot;
  const detail = `${problem.code}: ${problem.detail}`;
  return { ...snapshot, errors: [...snapshot.errors, { code: "fleet_unavailable", detail }] };
}

function createMetrics({ version, revision }: SidecarPartsOptions, config: SidecarConfig): Metrics {
  return new Metrics({
    version,
    revision,
    collectionIntervalSeconds: intervalSecondsOf(config.collector.schedule) ?? 0,
    verificationPeriodSeconds: {
      connectivity: config.verification.connectivityPeriodSeconds,
      full: config.verification.fullPeriodSeconds,
    },
    configLoadedAt: systemClock.now(),
    perSlot: config.metrics.perSlot,
  });
}

function createWatching(live: LiveConfig, logger: Logger, metrics: Metrics) {
  const watch = new PoolWatch({
    stateDir: live.config.stateDir,
    logger,
    clock: systemClock,
    fullProbePeriodSeconds: () => live.config.detection.fullProbePeriodSeconds,
  });
  const settings = () => live.config.verification;
  return {
    watch,
    deepChecks: new DeepCheckScheduler({ clock: systemClock, logger, metrics, watch, settings }),
  };
}

/** A run that looked less deep than the check that found a fault would find nothing to repair. */
function asDeepAsKnown(request: RecoveryRequest, { slotStates }: PoolWatch): RecoveryRequest {
  const { slotId, options } = request;
  if (slotId === undefined || (slotStates.deep(slotId)?.findings.length ?? 0) === 0) return request;
  return { ...request, options: { ...options, deep: true } };
}

function writeNote(stateDir: string, note: RemediationNote, logger: Logger): void {
  const { action, operator, detail, recoveryId } = note;
  logger.info({ recoveryId, operator, detail }, `remediation.${action}`);
  noteAfterwards(stateDir, { ...note, trigger: "api" }, logger);
}
