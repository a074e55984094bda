import { countOf } from "../../platform/count-of.ts";
import type { Snapshot } from "../../anomalies/snapshot.ts";
import { unavailableNow } from "../../http/request-refusal.ts";
import type { HttpDependencies, ReloadOutcome } from "../../http/http-dependencies.ts";
import { sidecarMetrics } from "../../metrics/catalogue.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import { systemClock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Remediation } from "../../remediation/remediation.ts";
import { listSalvages } from "../../salvage/salvage-store.ts";
import { createCheckReport } from "../../views/check-report.ts";
import type { Collector } from "../watch/collector.ts";
import { createPoolOperations } from "./create-pool-operations.ts";
import { createRecoveries } from "./create-recoveries.ts";
import type { JournalFeed } from "../journal/journal-feed.ts";
import type { LiveConfig } from "../config/live-config.ts";
import type { MetricsSources } from "../watch/metrics-sources.ts";
import { noteAfterwards } from "../../journal/operator-event.ts";
import { commandLine } from "./command-line.ts";

export interface HttpWiring {
  readonly live: LiveConfig;
  readonly version: string;
  readonly runbooksDir: string;
  readonly invocation: string;
  readonly configFile: string | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly collector: Collector;
  readonly remediation: Remediation;
  readonly journalFeed: JournalFeed;
  readonly sources: MetricsSources;
  reload(operator: string): Promise<ReloadOutcome>;
}

/** Not ready while no source of pools can be read. */
function describeUnready(snapshot: Snapshot | undefined): string | undefined {
  if (snapshot === undefined) return unavailableNow.not_ready;
  const { isReadable, isWatched = true } = snapshot.inventory;
  if ((isWatched && isReadable) || snapshot.sources?.some((source) => source.isReadable) === true)
    return undefined;
  return snapshot.errors.map(({ detail }) => detail).join("; ") || "no source of pools can be read";
}

/** What the routes may do, over the parts of `serve`. */
export function createHttpDependencies(wiring: HttpWiring): HttpDependencies {
  const { version, runbooksDir, logger, live, metrics, collector, remediation, journalFeed, sources } =
    wiring;
  const invocation = { program: wiring.invocation, configFile: wiring.configFile };
  const toCommandLine = (...words: readonly string[]) => commandLine(invocation, words, live.config);
  return {
    version,
    runbooksDir,
    logger,
    clock: systemClock,
    snapshot: () => collector.snapshot(),
    checkReport: (snapshot) => createCheckReport(snapshot),
    exposition: {
      render: (request) => {
        sources.readNow(systemClock.now());
        return metrics.render(request);
      },
    },
    notReadyReason: () => describeUnready(collector.snapshot()),
    isRemediationEnabled: () => live.config.remediation.enabled,
    receiveAlerts: (payload) => {
      const receipt = remediation.receive(payload);
      if (receipt.kind === "accepted") metrics.increment(sidecarMetrics.webhookNotifications);
      return receipt;
    },
    onWrongCredentials: (method) => {
      metrics.increment(sidecarMetrics.authenticationFailures, { method });
    },
    onRejected: (reason) => {
      metrics.increment(sidecarMetrics.webhookRejected, { reason });
    },
    recoveries: createRecoveries(remediation, live, journalFeed),
    operations: createPoolOperations(wiring),
    recoveryMode: () => live.remediation.mode,
    isLeader: () => remediation.isLeader(),
    maintenanceWindows: () => live.maintenanceWindows(),
    pauses: () => remediation.pauses(),
    pause: (pause) => remediation.pause(pause),
    resume: (request) => remediation.resume(request),
    reload: async ({ operator }) => {
      const result = await wiring.reload(operator);
      const detail = result.kind === "invalid" ? countOf(result.problems.length, "problem") : "";
      const note = { action: "reload", operator, trigger: "api", outcome: result.kind, detail } as const;
      noteAfterwards(live.config.stateDir, note, logger);
      return result;
    },
    commandLine: toCommandLine,
    salvages: () =>
      listSalvages(live.config.stateDir).map((salvage) => ({
        ...salvage,
        restoreCommand: toCommandLine("salvage", "restore", salvage.id, "--to", "DIR"),
      })),
  };
}
