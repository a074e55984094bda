import { takesAlertsByToken } from "../../config/token-file.ts";
import { requireUsableTokens } from "../config/live-config.ts";
import { FleetGateway, type FleetOverview } from "../../fleet/fleet-gateway.ts";
import { FleetLink } from "../../fleet/fleet-link.ts";
import { loadPostgres } from "../../fleet/load-postgres.ts";
import type { FleetRecovery as AuditedRecovery } from "../../fleet/recovery-audit.ts";
import type { FleetRecovery, GatewayDependencies } from "../../http/gateway/gateway-dependencies.ts";
import { gatewayRoutes } from "../../http/gateway/gateway-routes.ts";
import { startHttpServer } from "../../http/http-server.ts";
import { unavailable, unavailableNow } from "../../http/request-refusal.ts";
import { sidecarMetrics } from "../../metrics/catalogue.ts";
import { GatewayMetrics } from "../../metrics/gateway-metrics.ts";
import { systemClock } from "../../platform/clock.ts";
import { UsageError } from "../../platform/coded-error.ts";
import type { Logger } from "../../platform/logger.ts";
import { connectionFilesOf } from "./fleet-member.ts";
import { taskOf } from "../../views/recovery.ts";
import { httpSettings, type RunningServer, type SidecarOptions } from "../serve-options.ts";

/** Webhook posts, the page and the background share them. */
const mostConnections = 8;

/**
 * `serve --role gateway`: takes alerts for all hosts. It has no pools and keeps nothing itself.
 * @throws UsageError `FLEET_UNCONFIGURED`, `FLEET_PACKAGE_MISSING`, `GATEWAY_UNAUTHENTICATED`
 */
export async function startGateway(options: SidecarOptions): Promise<RunningServer> {
  const { config, version, revision, externalUrl, runbooksDir, logger } = options;
  requireAuthentication(options);
  const files = connectionFilesOf(config);
  const modules = await loadPostgres();
  const metrics = new GatewayMetrics({ version, revision, externalUrl });
  const link = new FleetLink({
    modules,
    files,
    mostConnections,
    maintains: true,
    clock: systemClock,
    logger,
  });
  const gateway = new FleetGateway({
    link,
    clock: systemClock,
    logger,
    onDecision: ({ decision }) => {
      metrics.increment(sidecarMetrics.webhookAlerts, { decision });
    },
    onOverview: (overview) => {
      metrics.setFleet({ isUp: overview !== undefined, queues: queuesOf(overview) });
    },
  });
  const dependencies = createDependencies({ gateway, metrics, logger, version, runbooksDir });
  const server = await startHttpServer(httpSettings(options), dependencies, gatewayRoutes);
  gateway.start();
  logger.info({ addresses: server.addresses, role: "gateway" }, "sidecar.started");
  return {
    addresses: server.addresses,
    async stop() {
      await server.stop();
      await gateway.stop();
      logger.info({}, "sidecar.stopped");
    },
  };
}

function requireAuthentication({ config, webConfigFile }: SidecarOptions): void {
  const { auth } = config.remediation;
  requireUsableTokens(auth);
  if (takesAlertsByToken(auth) || webConfigFile !== undefined) return;
  throw new UsageError(
    "GATEWAY_UNAUTHENTICATED",
    "a gateway takes alerts: set remediation.auth.credentials or .bearer_token_file, or users in --web.config.file",
  );
}

function queuesOf(overview: FleetOverview | undefined) {
  return (overview?.hosts ?? []).map(({ sidecar, queueDepth, oldestQueuedAt }) => ({
    sidecar,
    depth: queueDepth,
    oldestAt: oldestQueuedAt,
  }));
}

interface GatewayWiring {
  readonly gateway: FleetGateway;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
  readonly version: string;
  readonly runbooksDir: string;
}

function createDependencies({
  gateway,
  metrics,
  logger,
  version,
  runbooksDir,
}: GatewayWiring): GatewayDependencies {
  const asking = async <Answer>(question: Promise<Answer>): Promise<Answer> => {
    try {
      return await question;
    } catch (thrown) {
      if (!gateway.isReady()) throw unavailable("queue_unavailable");
      throw thrown;
    }
  };
  return {
    version,
    runbooksDir,
    logger,
    clock: systemClock,
    exposition: { render: (request) => metrics.render(request) },
    notReadyReason: () => (gateway.isReady() ? undefined : unavailableNow.queue_unavailable),
    isRemediationEnabled: () => true,
    receiveAlerts: async (payload) => {
      const receipt = await gateway.receive(payload);
      if (receipt.kind === "unavailable") return { kind: "queue_unavailable" };
      if (receipt.kind === "accepted") metrics.increment(sidecarMetrics.webhookNotifications);
      return receipt;
    },
    onWrongCredentials: (method) => {
      metrics.increment(sidecarMetrics.authenticationFailures, { method });
    },
    onRejected: (reason) => {
      metrics.increment(sidecarMetrics.webhookRejected, { reason });
    },
    fleet: () => asking(gateway.overview()),
    forgetHost: async ({ sidecar, operator }) => {
      const isForgotten = await asking(gateway.forget(sidecar));
      if (isForgotten) logger.info({ sidecar, operator }, "fleet.host_forgotten");
      return isForgotten;
    },
    recoveries: {
      list: async () => (await asking(gateway.list())).map(describe),
      get: async (recoveryId) => {
        const recovery = await asking(gateway.get(recoveryId));
        return recovery && describe(recovery);
      },
      decide: async (approval) => {
        const outcome = await asking(gateway.decide(approval));
        if (outcome.kind === "done")
          logger.info({ ...approval, ...outcome }, `fleet.${approval.decision}_sent`);
        return outcome;
      },
    },
  };
}

function describe({ state, ...recovery }: AuditedRecovery): FleetRecovery {
  const isWaiting = state === "waiting_for_approval";
  const expiresAt = isWaiting ? recovery.expiresAt : undefined;
  return { ...recovery, task: taskOf(recovery.actions), status: state, expiresAt };
}
