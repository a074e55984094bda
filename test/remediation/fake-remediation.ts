import type { Snapshot } from "../../src/anomalies/snapshot.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { Pauses } from "../../src/recovery/guards/pauses.ts";
import type { RecoveryReport } from "../../src/recovery/recovery-report.ts";
import { parseMatcher, type Matcher } from "../../src/remediation/matcher.ts";
import { defaultRemediationSettings, type RemediationSettings } from "../../src/remediation/policy.ts";
import { Remediation, type RemediationOptions } from "../../src/remediation/remediation.ts";
import { aSlotSnapshot, aSnapshotOf } from "../http/fake-http-dependencies.ts";

export const startedAt = "2026-05-04T11:00:00Z";

export const emptyReport: RecoveryReport = {
  longAllocatedReleased: 0,
  corruptedRecovered: 0,
  corruptedIsolated: 0,
  orphanedLocksCleaned: 0,
  errors: [],
  dryRun: false,
  actions: [],
};

/** Time stands still until a test moves it; `sleep` ends only when it is aborted. */
export class FakeClock implements Clock {
  #now = new Date("2026-05-04T12:00:00Z");

  now(): Date {
    return this.#now;
  }

  advance(seconds: number): void {
    this.#now = new Date(this.#now.getTime() + seconds * 1000);
  }

  sleep(_milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => {
        reject(new Error("aborted"));
      });
    });
  }
}

/** Three slots: demo has two, other has one. */
export function threeSlots(): Snapshot {
  const demo = aSnapshotOf([aSlotSnapshot(), aSlotSnapshot({ slotId: "workspace-demo-slot2" })]);
  const slot = aSlotSnapshot({ slotId: "workspace-other-slot1", repoName: "other" });
  const [pool] = aSnapshotOf([slot]).pools;
  return { ...demo, pools: [...demo.pools, ...(pool === undefined ? [] : [{ ...pool, repoName: "other" }])] };
}

export function aRemediation(
  given: Partial<Omit<RemediationOptions, "settings">> = {},
  settings: Partial<RemediationSettings> = {},
): Remediation {
  const inForce = { ...defaultRemediationSettings, isEnabled: true, ...settings };
  return new Remediation({
    settings: () => inForce,
    pauses: new Pauses(given.stateDirectory ?? "/nowhere"),
    clock: new FakeClock(),
    logger: silentLogger,
    snapshot: threeSlots,
    runRecovery: () => Promise.resolve(emptyReport),
    requestRescan: () => undefined,
    stateDirectory: undefined,
    ...given,
  });
}

export function anAlert(labels: Record<string, string> = {}, given: object = {}): object {
  return {
    status: "firing",
    fingerprint: "aa01",
    startsAt: startedAt,
    labels: {
      alertname: "RepoPoolSlotCorrupted",
      auto_recover: "true",
      pool: "demo",
      slot: "workspace-demo-slot1",
      ...labels,
    },
    ...given,
  };
}

export function aPayload(alerts: readonly object[], given: object = {}): object {
  return { version: "4", groupLabels: {}, truncatedAlerts: 0, alerts, ...given };
}

export function aMatcher(text: string): Matcher {
  const parsing = parseMatcher(text);
  if (parsing.kind === "invalid") throw new Error(parsing.detail);
  return parsing.matcher;
}

/** The decisions of an accepted notification, in its order; else what was answered instead. */
export function decisionsOf(remediation: Remediation, payload: unknown): readonly string[] {
  const receipt = remediation.receive(payload);
  return receipt.kind === "accepted" ? receipt.decisions.map(({ decision }) => decision) : [receipt.kind];
}
