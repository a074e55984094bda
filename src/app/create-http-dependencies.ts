import type { SidecarConfig } from "../config/sidecar-config.ts";
import type { HttpDependencies, IsolationRequest, SlotChange } from "../http/http-dependencies.ts";
import { sidecarMetrics } from "../metrics/catalogue.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { systemClock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { PoolManager } from "../pool-manager.ts";
import type { Remediation } from "../remediation/remediation.ts";
import { createCheckReport } from "./check-report.ts";
import type { Collector } from "./collector.ts";
import { createRecoveries } from "./create-recoveries.ts";

export interface HttpWiring {
  readonly config: SidecarConfig;
  readonly version: string;
  readonly logger: Logger;
  readonly manager: PoolManager;
  readonly metrics: Metrics;
  readonly collector: Collector;
  readonly remediation: Remediation;
}

/** What the routes may do, over the parts of `serve`. */
export function createHttpDependencies(wiring: HttpWiring): HttpDependencies {
  const { version, logger, config, metrics, collector, remediation } = wiring;
  return {
    version,
    logger,
    clock: systemClock,
    snapshot: () => collector.snapshot(),
    checkReport: (snapshot) => createCheckReport(snapshot),
    exposition: {
      render: (request) => {
        metrics.set(sidecarMetrics.queueDepth, remediation.queueDepth());
        return metrics.render(request);
      },
    },
    isReady: () => collector.snapshot() !== undefined,
    isRemediationEnabled: () => config.remediation.enabled,
    receiveAlerts: (payload) => {
      const receipt = remediation.receive(payload);
      if (receipt.kind === "accepted") metrics.increment(sidecarMetrics.webhookNotifications);
      return receipt;
    },
    onRejected: (reason) => {
      metrics.increment(sidecarMetrics.webhookRejected, { reason });
    },
    recoveries: createRecoveries(remediation, config),
    isolate: (request) => isolate(wiring, request),
    pauses: () => remediation.pauses(),
    pause: (pause) => remediation.pause(pause),
    resume: ({ name }) => remediation.resume(name),
    reload: () =>
      Promise.resolve({
        kind: "invalid",
        problems: ["this version takes a new configuration by restart only"],
      }),
    salvages: () => [],
  };
}

async function isolate(wiring: HttpWiring, { slotId, reason }: IsolationRequest): Promise<SlotChange> {
  const { collector, manager } = wiring;
  const slots = collector.snapshot()?.pools.flatMap((pool) => pool.slots) ?? [];
  if (!slots.some((slot) => slot.slotId === slotId)) return { kind: "not_found" };
  const report = await manager.isolateSlot(slotId, reason);
  await collector.collect();
  const refused = report.actions.find(({ outcome }) => outcome !== "done");
  return refused === undefined
    ? { kind: "done" }
    : { kind: "refused", reason: refused.reason, detail: refused.detail };
}
