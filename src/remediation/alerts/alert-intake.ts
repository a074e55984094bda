import { countOf } from "../../platform/count-of.ts";
import type { Snapshot } from "../../anomalies/snapshot.ts";
import { secondsPerHour, type Clock } from "../../platform/clock.ts";
import type { PausePolicy } from "../../recovery/guards/pause-policy.ts";
import type { EndedRecoveries } from "../queue/ended-recoveries.ts";
import { inventoryOf } from "../inventory.ts";
import {
  alertNameOf,
  parseNotification,
  type Alert,
  type AlertStatus,
  type Notification,
} from "./notification.ts";
import { selectPolicy, stricterMode, type RemediationPolicy, type RemediationSettings } from "./policy.ts";
import type { LocalQueue } from "../queue/local-queue.ts";
import type { Nomination } from "../queue/recovery-queue.ts";
import { pausableTarget, selectTarget, targetKey, type RecoveryTarget } from "./select-target.ts";
import type { SnapshotSource } from "../snapshot-source.ts";
import { createTargetRequest } from "../target-request.ts";
import type { WebhookDecision } from "./webhook-decision.ts";

/** What became of one alert; `fingerprint` is empty for the alerts that the sender left out. */
export interface AlertDecision {
  readonly fingerprint: string;
  readonly status: AlertStatus;
  readonly decision: WebhookDecision;
  readonly slotId?: string;
  readonly pool?: string;
  readonly recoveryId?: string;
  readonly detail?: string;
}

export type AlertsReceipt =
  /** The queue could not be saved, so the alert would be lost with a restart. */
  | { readonly kind: "accepted"; readonly decisions: readonly AlertDecision[]; readonly isSaved: boolean }
  | { readonly kind: "malformed"; readonly detail: string }
  | { readonly kind: "overloaded" }
  | { readonly kind: "not_ready" }
  /** Another process answers alerts: nothing would run an alert that is kept here. */
  | { readonly kind: "not_leader" }
  | { readonly kind: "disabled" };

export interface AlertIntakeOptions {
  /** Asked each time: a reload changes them. */
  readonly live: { readonly remediation: RemediationSettings };
  readonly clock: Clock;
  readonly collector: SnapshotSource;
  readonly pausePolicy: Pick<PausePolicy, "findPause">;
  readonly queue: Pick<LocalQueue, "enqueue" | "commit" | "countQueuedSince">;
  readonly ended: EndedRecoveries;
  readonly leadership: { isLeader(): boolean };
  onDecision?(decision: AlertDecision): void;
}

type Outcome = Pick<AlertDecision, "decision" | "recoveryId" | "detail"> | "full";

/** Takes Alertmanager's notifications. An alert only nominates a target; a policy and the last collection decide. */
export class AlertIntake {
  readonly #options: AlertIntakeOptions;

  constructor(options: AlertIntakeOptions) {
    this.#options = options;
  }

  receive(payload: unknown): AlertsReceipt {
    const { live, collector, queue, leadership } = this.#options;
    if (!live.remediation.isEnabled) return { kind: "disabled" };
    const parsing = parseNotification(payload);
    if (parsing.kind === "invalid") return { kind: "malformed", detail: parsing.detail };
    if (!leadership.isLeader()) return { kind: "not_leader" };
    const snapshot = collector.snapshot();
    if (snapshot === undefined) return { kind: "not_ready" };
    const decisions = this.#decideAll(parsing.notification, snapshot);
    const isSaved = queue.commit();
    return decisions === "full" ? { kind: "overloaded" } : { kind: "accepted", decisions, isSaved };
  }

  #decideAll(
    { alerts, truncatedAlerts }: Notification,
    snapshot: Snapshot,
  ): readonly AlertDecision[] | "full" {
    const decisions: AlertDecision[] = [];
    for (const alert of alerts) {
      const decision = this.#decide(alert, snapshot);
      if (decision === "full") return "full";
      decisions.push(decision);
    }
    if (truncatedAlerts > 0) {
      void this.#options.collector.collect();
      const detail = `${countOf(truncatedAlerts, "alert")} left out`;
      decisions.push({ fingerprint: "", status: "firing", decision: "pool_rescan", detail });
    }
    for (const decision of decisions) this.#options.onDecision?.(decision);
    return decisions;
  }

  #decide(alert: Alert, snapshot: Snapshot): AlertDecision | "full" {
    const { policies, mode, instance } = this.#options.live.remediation;
    const { fingerprint, status } = alert;
    if (status === "resolved") return { fingerprint, status, decision: "resolved" };
    const policy = selectPolicy(policies, alert.labels);
    if (policy === undefined || stricterMode(mode, policy.mode) === "off")
      return { fingerprint, status, decision: "no_policy" };
    const target = selectTarget(alert.labels, snapshot, { scope: policy.scope, instance });
    if (target.kind === "not_ours" || target.kind === "no_policy")
      return { fingerprint, status, decision: target.kind };
    if (target.kind === "not_permitted") {
      const { kind: decision, slotId, pool, detail } = target;
      return { fingerprint, status, decision, slotId, pool, detail };
    }
    const outcome = this.#nominate(alert, policy, { target, snapshot });
    if (outcome === "full") return "full";
    const { slotId, pool } = pausableTarget(target);
    return { fingerprint, status, ...(slotId && { slotId }), ...(pool && { pool }), ...outcome };
  }

  /** Queues a recovery of the target, unless something holds it back. */
  #nominate(
    alert: Alert,
    policy: RemediationPolicy,
    { target, snapshot }: { target: RecoveryTarget; snapshot: Snapshot },
  ): Outcome {
    const { pausePolicy, queue } = this.#options;
    const paused = pausePolicy.findPause(pausableTarget(target), "alert");
    if (paused !== undefined) return { decision: "paused", detail: paused };
    if (this.#isRecoveredSince(alert.startsAt, target, snapshot))
      return { decision: "duplicate", detail: "a recovery ended after the alert began" };
    const spent = this.#findSpentBudget(policy);
    if (spent !== undefined) return { decision: "paused", detail: spent };
    const outcome = queue.enqueue(this.#nominationOf(alert, policy, target));
    if (outcome.kind === "full") return "full";
    const { kind: decision, recoveryId } = outcome;
    return { decision, ...(recoveryId !== undefined && { recoveryId }) };
  }

  /** Prometheus goes on firing for a while after a repair, and a late alert may report the fault that is gone. */
  #isRecoveredSince(startsAt: Date, target: RecoveryTarget, snapshot: Snapshot): boolean {
    const endedAt = this.#options.ended.lastEndOf(targetKey(target));
    if (endedAt === undefined || target.kind !== "slot" || inventoryOf(snapshot).faulty.has(target.slotId))
      return false;
    return startsAt < endedAt && endedAt <= snapshot.checkedAt;
  }

  #findSpentBudget({ name, maxPerHour }: RemediationPolicy): string | undefined {
    const { clock, queue } = this.#options;
    const hourAgo = new Date(clock.now().getTime() - secondsPerHour * 1000);
    const isSpent = maxPerHour !== undefined && queue.countQueuedSince(name, hourAgo) >= maxPerHour;
    return isSpent ? `${name} has queued ${maxPerHour} within an hour` : undefined;
  }

  #nominationOf(
    { fingerprint, startsAt, labels }: Alert,
    policy: RemediationPolicy,
    target: RecoveryTarget,
  ): Nomination {
    const { mode: globalMode, lockTimeoutSeconds } = this.#options.live.remediation;
    const mode = stricterMode(globalMode, policy.mode);
    const name = alertNameOf(labels) ?? policy.name;
    const origin = { trigger: "alert", requestedBy: name, force: false } as const;
    const input = { strategy: "conservative" as const, ...policy.options };
    const options = mode === "dry_run" ? { ...input, dryRun: true } : input;
    return {
      request: createTargetRequest(target, origin, { options, lockTimeoutSeconds }),
      target: targetKey(target),
      policy: policy.name,
      alert: { name, fingerprint, startsAt },
      mode,
    };
  }
}
