import type { Snapshot } from "../../src/anomalies/snapshot.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { PausePolicy } from "../../src/recovery/guards/pause-policy.ts";
import { Pauses } from "../../src/recovery/guards/pauses.ts";
import type { RecoveryRequest } from "../../src/recovery/recovery-request.ts";
import type { RecoveryReport } from "../../src/recovery/recovery-report.ts";
import { parseMatcher, type Matcher } from "../../src/remediation/alerts/matcher.ts";
import { defaultRemediationSettings, type RemediationSettings } from "../../src/remediation/alerts/policy.ts";
import { Remediation, type RemediationOptions } from "../../src/remediation/remediation.ts";
import { aSlotSnapshot, aSnapshotOf } from "../http/fake-http-dependencies.ts";

const startedAt = "2026-05-04T11:00:00Z";

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

/** What a test replaces of a remediation; the rest finds three slots, and runs that change nothing. */
export interface GivenRemediation extends Partial<
  Pick<RemediationOptions, "clock" | "logger" | "onDecision">
> {
  readonly stateDir?: string;
  isLeader?(): boolean;
  snapshot?(): Snapshot | undefined;
  collect?(): void;
  runRecovery?(request: RecoveryRequest): Promise<RecoveryReport>;
  isInMaintenance?(pool: string | undefined): boolean;
}

export function aRemediation(
  given: GivenRemediation = {},
  settings: Partial<RemediationSettings> = {},
): Remediation {
  const { clock = new FakeClock(), logger = silentLogger, stateDir, onDecision } = given;
  const pauses = new Pauses(stateDir ?? "/nowhere");
  const maintenance = { isOpen: (pool: string | undefined) => given.isInMaintenance?.(pool) ?? false };
  return new Remediation({
    ...{ clock, logger, stateDir, pauses },
    ...(onDecision !== undefined && { onDecision }),
    live: {
      get remediation() {
        return { ...defaultRemediationSettings, isEnabled: true, ...settings };
      },
    },
    pausePolicy: new PausePolicy({ pauses, maintenance, clock }),
    leadership: { isLeader: () => given.isLeader?.() ?? true },
    runner: { run: (request) => given.runRecovery?.(request) ?? Promise.resolve(emptyReport) },
    collector: {
      snapshot: () => (given.snapshot === undefined ? threeSlots() : given.snapshot()),
      collect: () => {
        given.collect?.();
        return Promise.resolve();
      },
    },
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
