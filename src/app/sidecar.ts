import type { SidecarConfig } from "../config/sidecar-config.ts";
import { startHttpServer } from "../http/http-server.ts";
import { sidecarMetrics } from "../metrics/catalogue.ts";
import { Metrics } from "../metrics/metrics.ts";
import { systemClock } from "../platform/clock.ts";
import { UsageError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import { PoolManager } from "../pool-manager.ts";
import { Remediation } from "../remediation/remediation.ts";
import { intervalSecondsOf } from "../schedule/schedule.ts";
import { Collector } from "./collector.ts";
import { createHttpDependencies } from "./create-http-dependencies.ts";
import { RecoveryRunner } from "./recovery-runner.ts";
import { createRemediationPolicies } from "./remediation-policies.ts";
import { startSchedules } from "./start-schedules.ts";

export interface SidecarOptions {
  readonly config: SidecarConfig;
  readonly version: string;
  /** The commit that the program was built from. */
  readonly revision: string;
  readonly logger: Logger;
  readonly listenAddresses: readonly string[];
  readonly telemetryPath: string;
  readonly externalUrl: string | undefined;
  readonly webConfigFile: string | undefined;
}

export interface RunningSidecar {
  readonly addresses: readonly string[];
  /** Stops taking requests and starting work; resolves when the running step has ended. */
  stop(): Promise<void>;
}

/**
 * Builds every object of `serve` once, and owns their order.
 * @throws UsageError `REMEDIATION_UNAUTHENTICATED` where remediation is on and nobody could prove who they are.
 */
export async function startSidecar(options: SidecarOptions): Promise<RunningSidecar> {
  requireAuthentication(options);
  const { config, version, revision, logger } = options;
  const manager = new PoolManager({ config });
  const metrics = new Metrics({
    version,
    revision,
    collectionIntervalSeconds: intervalSecondsOf(config.collector.schedule) ?? 0,
    perSlot: config.metrics.perSlot,
  });
  const collector = new Collector({ logger, metrics, takeSnapshot: () => manager.snapshot() });
  const runner = new RecoveryRunner({
    logger,
    metrics,
    recover: (request) => manager.recover(request),
    collect: () => collector.collect(),
  });
  const remediation = createRemediation(options, { metrics, collector, runner });
  const server = await startHttpServer(
    httpSettings(options),
    createHttpDependencies({ config, version, logger, manager, metrics, collector, remediation }),
  );
  const schedules = startSchedules({ config, logger, manager, collector, runner });
  remediation.start();
  void collector.collect();
  logger.info({ addresses: server.addresses, workspacesDir: config.workspacesDir }, "sidecar.started");
  return {
    addresses: server.addresses,
    async stop() {
      await server.stop();
      await Promise.all(schedules.map((schedule) => schedule.stop()));
      await remediation.stop();
      await collector.idle();
      logger.info({}, "sidecar.stopped");
    },
  };
}

function requireAuthentication({ config, webConfigFile }: SidecarOptions): void {
  const { enabled, bearerTokenFile } = config.remediation;
  if (!enabled || bearerTokenFile !== undefined || webConfigFile !== undefined) return;
  throw new UsageError(
    "REMEDIATION_UNAUTHENTICATED",
    "remediation is enabled without authentication: set remediation.auth.bearer_token_file, or users in --web.config.file",
  );
}

function createRemediation(
  { config, logger }: SidecarOptions,
  parts: { metrics: Metrics; collector: Collector; runner: RecoveryRunner },
): Remediation {
  const { metrics, collector, runner } = parts;
  const { remediation } = config;
  return new Remediation({
    settings: {
      isEnabled: remediation.enabled,
      mode: remediation.mode,
      policies: createRemediationPolicies(config),
      queueSize: remediation.queueSize,
      approvalTimeoutSeconds: remediation.approvalTimeoutSeconds,
      maintenanceWindows: remediation.maintenanceWindows,
      instance: remediation.instance,
    },
    clock: systemClock,
    logger,
    snapshot: () => collector.snapshot(),
    runRecovery: (request) => runner.run(request),
    requestRescan: () => void collector.collect(),
    stateDirectory: remediation.enabled ? config.stateDir : undefined,
    concurrency: config.recovery.concurrency,
    onDecision: ({ decision }) => {
      metrics.increment(sidecarMetrics.webhookAlerts, { decision });
    },
  });
}

function httpSettings({
  config,
  listenAddresses,
  telemetryPath,
  externalUrl,
  webConfigFile,
}: SidecarOptions) {
  return {
    listenAddresses,
    telemetryPath,
    externalUrl,
    webConfig: webConfigFile === undefined ? undefined : { file: webConfigFile },
    bearerTokenFile: config.remediation.bearerTokenFile,
  };
}
