import { startHttpServer } from "../http/http-server.ts";
import { routes } from "../http/routes/routes.ts";
import { asError } from "../platform/coded-error.ts";
import { onGitCommandEnded } from "../git/run/git-events.ts";
import type { LogFields, Logger } from "../platform/logger.ts";
import type { SidecarConfig } from "../config/sidecar-config.ts";
import { includesManaged } from "../pool/sources/read-sources.ts";
import { createHttpDependencies } from "./requests/create-http-dependencies.ts";
import type { FleetMember } from "./fleet/fleet-member.ts";
import { systemClock } from "../platform/clock.ts";
import { reportMissedRecovery } from "./schedules/report-missed-recovery.ts";
import { httpSettings, type RunningServer, type SidecarOptions } from "./serve-options.ts";
import { createSidecarParts, type SidecarParts } from "./sidecar-parts.ts";
import type { ReloadOutcome } from "../http/http-dependencies.ts";

export interface RunningSidecar extends RunningServer {
  /** A configuration with problems changes nothing. */
  reload(operator: string): Promise<ReloadOutcome>;
}

/**
 * Builds every object of `serve` once, and owns their order.
 * @throws UsageError `REMEDIATION_UNAUTHENTICATED` if remediation is on without authentication;
 * `FLEET_PACKAGE_MISSING`
 */
export async function startSidecar(options: SidecarOptions): Promise<RunningSidecar> {
  const { config, loadConfig, version, revision, logger, webConfigFile, externalUrl } = options;
  const { runbooksDir, invocation, configFile } = options;
  const parts = createSidecarParts({
    config: { config, load: loadConfig, hasWebConfig: webConfigFile !== undefined },
    version,
    revision,
    externalUrl,
    logger,
  });
  const member = await joinFleet(parts, { logger, version });
  const unsubscribe = onGitCommandEnded((event) => {
    parts.metrics.observeGitCommand(event);
  });
  await parts.leadership.start();
  if (parts.leadership.isLeader()) await settle(parts, logger);
  const reload = (operator: string): Promise<ReloadOutcome> => parts.configReload.reload(operator);
  // Warm the code up: it is slow when it first runs, and the first scrape comes while every slot is probed.
  await parts.metrics.render({});
  const server = await startHttpServer(
    httpSettings(options),
    createHttpDependencies({ ...parts, version, runbooksDir, invocation, configFile, logger, reload }),
    routes,
  ).catch(async (error: unknown) => {
    // A process that leads and does not listen would keep the others from leading, and itself from ending.
    await parts.leadership.stop();
    unsubscribe();
    throw error;
  });
  if (parts.leadership.isLeader()) reportMissedRecovery(parts, { logger, now: systemClock.now() });
  parts.schedules.start();
  parts.remediation.start();
  member?.start();
  void parts.collector.collect();
  logger.info({ addresses: server.addresses, ...describeWatched(config) }, "sidecar.started");
  return {
    addresses: server.addresses,
    reload,
    async stop() {
      await server.stop();
      await parts.deepChecks.stop();
      await parts.configReload.idle();
      await parts.schedules.stop();
      await parts.remediation.stop();
      await member?.stop();
      await parts.collector.idle();
      await parts.leadership.stop();
      unsubscribe();
      logger.info({}, "sidecar.stopped");
    },
  };
}

/** The workspaces directory, the sources that the configuration names, or both. */
function describeWatched({ sources, workspacesDir }: SidecarConfig): LogFields {
  return {
    ...(includesManaged(sources) ? { workspacesDir } : {}),
    ...(sources.length > 0 ? { sources: sources.map(({ name }) => name) } : {}),
  };
}

/** PostgreSQL's packages are loaded only if they are asked for. */
async function joinFleet(
  parts: SidecarParts,
  options: { logger: Logger; version: string },
): Promise<FleetMember | undefined> {
  if (parts.live.config.queue.driver === "local") return undefined;
  const { createFleetMember } = await import("./fleet/fleet-member.ts");
  return createFleetMember(parts, options);
}

/** First finishes or undoes what killed runs left. If that fails, `serve` watches all the same. */
async function settle({ live }: SidecarParts, logger: Logger): Promise<void> {
  const mayRelease = live.remediation.mode === "live";
  try {
    for (const detail of await live.services.recovery.settleInterrupted({ mayRelease }))
      logger.warn({ detail }, "recovery.unsettled");
  } catch (error) {
    logger.warn({ err: asError(error).message }, "recovery.unsettled");
  }
}
