import type { FleetRecovery, GatewayDependencies } from "../../../src/http/gateway/gateway-dependencies.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { aRecovery } from "../fake-http-dependencies.ts";

export const waiting: FleetRecovery = {
  ...aRecovery({ status: "waiting_for_approval", expiresAt: new Date() }),
  sidecar: "build <1>",
  status: "waiting_for_approval",
  target: "slot:workspace-demo-slot1",
};

/** A fleet of one silent host, with a recovery that waits for approval. */
export function fakeGateway(given: Partial<GatewayDependencies> = {}): GatewayDependencies {
  return {
    version: "1.2.3",
    runbooksDir: "docs/runbooks",
    clock: systemClock,
    logger: silentLogger,
    exposition: {
      render: () =>
        Promise.resolve({
          contentType: "text/plain",
          contentEncoding: undefined,
          body: Buffer.from("up 1\n"),
        }),
    },
    notReadyReason: () => undefined,
    isRemediationEnabled: () => true,
    receiveAlerts: () =>
      Promise.resolve({
        kind: "accepted",
        decisions: [{ fingerprint: "aa01", status: "firing", decision: "queued" }],
      }),
    onWrongCredentials: () => undefined,
    onRejected: () => undefined,
    fleet: () =>
      Promise.resolve({
        hosts: [
          {
            sidecar: "build <1>",
            instance: undefined,
            version: "1.2.3",
            pools: ["demo"],
            registeredAt: new Date(),
            heartbeatAt: new Date(),
            heartbeatAgeSeconds: 400,
            queueDepth: 3,
            oldestQueuedAt: new Date(),
            deadLetterCount: 1,
          },
        ],
        sharedPools: ["demo"],
        sharedInstances: [],
      }),
    forgetHost: ({ sidecar }) => Promise.resolve(sidecar === "build 1"),
    recoveries: {
      list: () => Promise.resolve([waiting]),
      get: (recoveryId) => Promise.resolve(recoveryId === waiting.recoveryId ? waiting : undefined),
      decide: ({ decision }) =>
        Promise.resolve(
          decision === "approve"
            ? { kind: "done", sidecar: "build <1>" }
            : { kind: "not_waiting", state: "finished" },
        ),
    },
    ...given,
  };
}
