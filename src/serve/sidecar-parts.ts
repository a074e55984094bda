import type { SidecarConfig } from "../config/sidecar-config.ts";
import { Journal } from "../journal/journal.ts";
import { Leadership } from "../pool/locks/leadership.ts";
import { sidecarMetrics } from "../metrics/catalogue.ts";
import { Metrics } from "../metrics/metrics.ts";
import { systemClock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { Remediation, type OperatorAction } from "../remediation/remediation.ts";
import { intervalSecondsOf } from "../schedule/schedule.ts";
import { Collector } from "./watch/collector.ts";
import { DeepCheckScheduler } from "./deep-checks/deep-check-scheduler.ts";
import { FleetStatus } from "./fleet/fleet-status.ts";
import { JournalFeed } from "./journal/journal-feed.ts";
import { ConfigReload } from "./config/config-reload.ts";
import { LiveConfig, type LiveConfigOptions } from "./config/live-config.ts";
import { MetricsSources } from "./watch/metrics-sources.ts";
import { noteAfterwards } from "../journal/operator-event.ts";
import { PoolWatch } from "./watch/pool-watch.ts";
import { pruneSalvages } from "./requests/prune-salvages.ts";
import { reclaimBeyondLimits, recoverAll } from "./schedules/unattended-runs.ts";
import { Schedules } from "./schedules/schedules.ts";
import { RecoveryRunner } from "./recovery-runner.ts";

export interface SidecarParts {
  readonly live: LiveConfig;
  readonly metrics: Metrics;
  /** Whether this `serve` leads: only then it starts unattended recoveries. */
  readonly leadership: Leadership;
  readonly collector: Collector;
  readonly deepChecks: DeepCheckScheduler;
  readonly runner: RecoveryRunner;
  readonly remediation: Remediation;
  readonly journalFeed: JournalFeed;
  readonly sources: MetricsSources;
  readonly fleetStatus: FleetStatus;
  readonly schedules: Schedules;
  readonly configReload: ConfigReload;
}

export interface SidecarPartsOptions {
  readonly config: LiveConfigOptions;
  readonly version: string;
  /** The commit that the program was built from. */
  readonly revision: string;
  readonly externalUrl: string | undefined;
  readonly logger: Logger;
}

/** Everything behind the HTTP server and the schedules, each part built from those before it; nothing runs yet. */
export function createSidecarParts(options: SidecarPartsOptions): SidecarParts {
  const { config: source, logger } = options;
  const live = new LiveConfig(source);
  const { stateDir } = live.config;
  const clock = systemClock;
  const metrics = createMetrics(options, live.config);
  const leadership = new Leadership({ stateDir, clock, logger });
  const fleetStatus = new FleetStatus();
  const journalFeed = new JournalFeed({ follower: new Journal(stateDir).follow(), metrics, logger });
  const watch = new PoolWatch({
    ...{ stateDir, logger, clock },
    fullProbePeriodSeconds: () => live.config.detection.fullProbePeriodSeconds,
  });
  const settings = () => live.config.verification;
  const remadeNames = () => live.config.salvage.exclude;
  const deepChecks = new DeepCheckScheduler({ clock, logger, metrics, watch, settings, remadeNames });
  const collector = new Collector({
    ...{ logger, metrics, live, watch, deepChecks, journalFeed },
    fleet: fleetStatus,
  });
  const { slotStates } = watch;
  const runner = new RecoveryRunner({ logger, journalFeed, live, slotStates, leadership, collector });
  const remediation = new Remediation({
    ...{ live, clock, logger, collector, stateDir, leadership, runner },
    pauses: live.pauses,
    pausePolicy: live.pausePolicy,
    onDecision: ({ decision, slotId, detail }) => {
      metrics.increment(sidecarMetrics.webhookAlerts, { decision });
      if (decision === "not_permitted") logger.info({ slotId, detail }, "alert.not_permitted");
    },
    onOperatorAction: (action) => {
      recordOperatorAction(stateDir, action, logger);
    },
  });
  const sources = new MetricsSources({ live, metrics, remediation, journalFeed, collector });
  const unattended = { live, leadership, remediation, runner, logger };
  const schedules = new Schedules({
    ...{ live, logger, metrics },
    tasks: {
      collector: () => collector.collect(),
      verification: () => deepChecks.run(),
      prune: () => pruneOld(live.config, logger),
      recovery: () => recoverAll(unattended),
      reclaim: () => reclaimBeyondLimits(unattended),
    },
  });
  const configReload = new ConfigReload({ live, schedules, metrics, clock, logger });
  return {
    ...{ live, metrics, collector, deepChecks, runner, remediation, leadership, journalFeed, sources },
    ...{ fleetStatus, schedules, configReload },
  };
}

function createMetrics(
  { version, revision, externalUrl }: SidecarPartsOptions,
  config: SidecarConfig,
): Metrics {
  return new Metrics({
    version,
    revision,
    externalUrl,
    collectionIntervalSeconds: intervalSecondsOf(config.collector.schedule) ?? 0,
    verificationPeriodSeconds: {
      connectivity: config.verification.connectivityPeriodSeconds,
      full: config.verification.fullPeriodSeconds,
    },
    configLoadedAt: systemClock.now(),
    ...config.metrics,
  });
}

function recordOperatorAction(stateDir: string, done: OperatorAction, logger: Logger): void {
  const { action, operator, detail, recoveryId } = done;
  logger.info({ recoveryId, operator, detail }, `remediation.${action}`);
  noteAfterwards(stateDir, { ...done, trigger: "api" }, logger);
}

/** Removes old saved work. If a recovery is running, the next tick tries again. */
async function pruneOld(config: SidecarConfig, logger: Logger): Promise<void> {
  const result = await pruneSalvages(config, { trigger: "schedule", dryRun: false });
  if (result.kind === "busy") {
    logger.warn({ detail: result.detail }, "salvage.prune_skipped");
    return;
  }
  const { removed, errors } = result;
  logger.info({ removed: removed.map(({ kept }) => kept.id), errors }, "salvage.pruned");
}
