import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Snapshot } from "../anomalies/snapshot.ts";
import { secondsPerHour, type Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { resolveRecoveryOptions, type RecoveryOptionsInput } from "../recovery/recovery-options.ts";
import type { RecoveryReport } from "../recovery/recovery-report.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";
import { LocalQueue } from "./local-queue.ts";
import { parseNotification, type Alert, type AlertStatus, type Notification } from "./notification.ts";
import { Pauses, type Pause, type PausableTarget } from "./pauses.ts";
import { effectiveMode, selectPolicy, type RemediationPolicy, type RemediationSettings } from "./policy.ts";
import { queueFileAt } from "./queue-file.ts";
import type { Approval, ApprovalOutcome, RecoveryQueue, RecoveryRecord } from "./recovery-queue.ts";
import { selectTarget, targetKey, type RecoveryTarget } from "./select-target.ts";
import type { WebhookDecision } from "./webhook-decision.ts";

/** How often expired approvals and pauses are noticed. */
const refreshMilliseconds = 10_000;

export interface RemediationOptions {
  readonly settings: RemediationSettings;
  /** Instead of the settings' own. */
  readonly policies?: readonly RemediationPolicy[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined before the first collection has ended. */
  snapshot(): Snapshot | undefined;
  runRecovery(request: RecoveryRequest): Promise<RecoveryReport>;
  /** Asks for a collection now. */
  requestRescan(): void;
  /** Undefined keeps everything in memory. */
  readonly stateDirectory: string | undefined;
  /** Recoveries that may run at once. */
  readonly concurrency: number;
  onDecision?(decision: AlertDecision): void;
  /** True while a maintenance window covers the pool; an undefined pool asks for every one. */
  isInMaintenance?(pool: string | undefined, now: Date): boolean;
}

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
  | { readonly kind: "accepted"; readonly decisions: readonly AlertDecision[] }
  | { readonly kind: "malformed"; readonly detail: string }
  | { readonly kind: "overloaded" }
  | { readonly kind: "not_ready" }
  | { readonly kind: "disabled" };

export interface RecoverySubmission {
  readonly slotId: string | undefined;
  readonly force: boolean;
  readonly options: RecoveryOptionsInput;
  readonly operator: string;
}

export type SubmissionOutcome =
  | { readonly kind: "queued"; readonly recoveryId: string }
  | { readonly kind: "planned"; readonly record: RecoveryRecord }
  | { readonly kind: "not_found" }
  | { readonly kind: "refused"; readonly reason: string; readonly detail: string }
  | { readonly kind: "overloaded" }
  | { readonly kind: "not_ready" };

/** Turns alerts and people's wishes into queued recoveries. An alert only nominates a target. */
export class Remediation {
  readonly #options: RemediationOptions;
  readonly #pauses: Pauses;
  readonly #queue: RecoveryQueue;
  #stopping = new AbortController();

  /** @throws CodedError `queue_file_invalid`, `pauses_file_invalid` where the state cannot be read. */
  constructor(options: RemediationOptions) {
    this.#options = options;
    const stateFile = (name: string) =>
      options.stateDirectory === undefined ? undefined : join(options.stateDirectory, "remediation", name);
    this.#pauses = new Pauses(stateFile("pauses.json"));
    const queuePath = stateFile("queue.json");
    this.#queue = new LocalQueue({
      clock: options.clock,
      logger: options.logger,
      file: queuePath === undefined ? undefined : queueFileAt(queuePath),
      size: options.settings.queueSize,
      concurrency: options.concurrency,
      approvalTimeoutSeconds: options.settings.approvalTimeoutSeconds,
      admitSaved: (record) => admitSaved(record, options.settings),
      runRecovery: (request) => options.runRecovery(request),
      isHeld: ({ request }) => this.#holdReason(this.#scopeOf(request), request.trigger) !== undefined,
    });
  }

  /** Runs what waits, also what an earlier process left. */
  start(): void {
    this.#stopping = new AbortController();
    this.#queue.start();
    void this.#refreshUntil(this.#stopping.signal);
  }

  /** Starts nothing more; resolves when the running recoveries have ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#queue.stop();
  }

  receive(payload: unknown): AlertsReceipt {
    const { settings } = this.#options;
    if (!settings.isEnabled) return { kind: "disabled" };
    const parsing = parseNotification(payload);
    if (parsing.kind === "invalid") return { kind: "malformed", detail: parsing.detail };
    const snapshot = this.#options.snapshot();
    if (snapshot === undefined) return { kind: "not_ready" };
    try {
      return this.#decideAll(parsing.notification, snapshot);
    } finally {
      this.#queue.commit();
    }
  }

  /** A person's wish. A dry run is answered with its report; anything else is queued. */
  async submit(submission: RecoverySubmission): Promise<SubmissionOutcome> {
    const snapshot = this.#options.snapshot();
    if (snapshot === undefined) return { kind: "not_ready" };
    const target = submissionTarget(submission, snapshot);
    if (target === undefined) return { kind: "not_found" };
    const request = this.#createRequest(target, submission.options, {
      trigger: "api",
      requestedBy: submission.operator,
      force: submission.force,
    });
    if (request.options.dryRun) return { kind: "planned", record: await this.#plan(request, target) };
    const held = this.#holdReason(scopeOfTarget(target), "api");
    if (held !== undefined) return { kind: "refused", reason: "paused", detail: held };
    const nomination = { request, target: targetKey(target), policy: undefined, alert: undefined };
    const outcome = this.#queue.enqueue({ ...nomination, needsApproval: false });
    this.#queue.commit();
    if (outcome.kind === "full") return { kind: "overloaded" };
    if (outcome.kind === "queued") return outcome;
    const detail = `recovery ${outcome.recoveryId ?? ""} already covers it`;
    return { kind: "refused", reason: "duplicate", detail };
  }

  list(): readonly RecoveryRecord[] {
    return this.#queue.list();
  }

  get(recoveryId: string): RecoveryRecord | undefined {
    return this.#queue.get(recoveryId);
  }

  queueDepth(): number {
    return this.#queue.depth();
  }

  approve(approval: Approval): ApprovalOutcome {
    return this.#queue.approve(approval);
  }

  reject(approval: Approval): ApprovalOutcome {
    return this.#queue.reject(approval);
  }

  pauses(): readonly Pause[] {
    return this.#pauses.list(this.#options.clock.now());
  }

  pause(pause: Pause): { readonly kind: "paused" | "duplicate" } {
    return this.#pauses.pause(pause, this.#options.clock.now());
  }

  resume(name: string): { readonly kind: "resumed" | "not_found" } {
    const outcome = this.#pauses.resume(name, this.#options.clock.now());
    this.#queue.refresh();
    return outcome;
  }

  #decideAll(notification: Notification, snapshot: Snapshot): AlertsReceipt {
    const decisions: AlertDecision[] = [];
    for (const alert of notification.alerts) {
      const decision = this.#decide(alert, snapshot);
      if (decision === "full") return { kind: "overloaded" };
      decisions.push(decision);
    }
    if (notification.truncatedAlerts > 0) {
      this.#options.requestRescan();
      const detail = `${notification.truncatedAlerts} alerts were left out`;
      decisions.push({ fingerprint: "", status: "firing", decision: "pool_rescan", detail });
    }
    for (const decision of decisions) this.#options.onDecision?.(decision);
    return { kind: "accepted", decisions };
  }

  #decide(alert: Alert, snapshot: Snapshot): AlertDecision | "full" {
    const { settings, policies = settings.policies } = this.#options;
    const { fingerprint, status } = alert;
    if (status === "resolved") return { fingerprint, status, decision: "resolved" };
    const policy = selectPolicy(policies, alert.labels);
    if (policy === undefined || effectiveMode(settings.mode, policy.mode) === "off") {
      return { fingerprint, status, decision: "no_policy" };
    }
    const target = selectTarget(alert.labels, snapshot, { scope: policy.scope, instance: settings.instance });
    if (target.kind === "not_ours" || target.kind === "no_policy") {
      return { fingerprint, status, decision: target.kind };
    }
    const scope = scopeOfTarget(target);
    const named = {
      fingerprint,
      status,
      ...(scope.slotId && { slotId: scope.slotId }),
      ...(scope.pool && { pool: scope.pool }),
    };
    const held = this.#holdReason(scope, "alert");
    if (held !== undefined) return { ...named, decision: "paused", detail: held };
    const outcome = this.#nominate(alert, policy, target);
    if (outcome.kind === "full") return "full";
    if (outcome.kind === "paused") return { ...named, decision: "paused", detail: outcome.detail };
    const { kind: decision, recoveryId } = outcome;
    return { ...named, decision, ...(recoveryId !== undefined && { recoveryId }) };
  }

  #nominate(alert: Alert, policy: RemediationPolicy, target: RecoveryTarget) {
    const { settings, clock } = this.#options;
    const hourAgo = new Date(clock.now().getTime() - secondsPerHour * 1000);
    const limit = policy.maxPerHour ?? Infinity;
    if (this.#queue.countQueuedSince(policy.name, hourAgo) >= limit) {
      return { kind: "paused" as const, detail: `${policy.name} has queued ${limit} within an hour` };
    }
    const mode = effectiveMode(settings.mode, policy.mode);
    const name = alert.labels.get("alertname") ?? policy.name;
    const input = { strategy: "conservative" as const, ...policy.options };
    const request = this.#createRequest(target, mode === "dry_run" ? { ...input, dryRun: true } : input, {
      trigger: "alert",
      requestedBy: name,
      force: false,
    });
    return this.#queue.enqueue({
      request,
      target: targetKey(target),
      policy: policy.name,
      alert: { name, fingerprint: alert.fingerprint, startsAt: alert.startsAt },
      needsApproval: mode === "approve",
    });
  }

  #createRequest(
    target: RecoveryTarget,
    input: RecoveryOptionsInput,
    origin: Pick<RecoveryRequest, "trigger" | "requestedBy" | "force">,
  ): RecoveryRequest {
    const options = resolveRecoveryOptions(input);
    const pool = target.kind === "pool" ? target.pool : options.pool;
    const slotId = target.kind === "slot" ? target.slotId : undefined;
    return { recoveryId: randomUUID(), ...origin, slotId, options: { ...options, pool } };
  }

  async #plan(request: RecoveryRequest, target: RecoveryTarget): Promise<RecoveryRecord> {
    const queuedAt = this.#options.clock.now();
    const report = await this.#options.runRecovery(request);
    return {
      recoveryId: request.recoveryId,
      state: "finished",
      request,
      target: targetKey(target),
      policy: undefined,
      alert: undefined,
      queuedAt,
      startedAt: queuedAt,
      finishedAt: this.#options.clock.now(),
      report,
      error: undefined,
      by: undefined,
    };
  }

  /** Why the target may not be recovered now. A maintenance window stops no person. */
  #holdReason(scope: PausableTarget, trigger: RecoveryRequest["trigger"]): string | undefined {
    const now = this.#options.clock.now();
    const pause = this.#pauses.find(scope, now);
    if (pause !== undefined) return `paused by ${pause.name}: ${pause.reason}`;
    const isInMaintenance = trigger === "alert" && this.#options.isInMaintenance?.(scope.pool, now) === true;
    return isInMaintenance ? "a maintenance window is open" : undefined;
  }

  #scopeOf({ slotId, options }: RecoveryRequest): PausableTarget {
    const snapshot = this.#options.snapshot();
    if (slotId === undefined || snapshot === undefined) return { slotId, pool: options.pool };
    const slot = findSlot(slotId, snapshot);
    return { slotId, pool: slot?.pool ?? options.pool };
  }

  async #refreshUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#queue.refresh();
      await this.#options.clock.sleep(refreshMilliseconds, signal).catch(() => undefined);
    }
  }
}

/** A mode that became stricter while the program was down also holds for what waited. */
function admitSaved(record: RecoveryRecord, settings: RemediationSettings): RecoveryRecord | undefined {
  if (record.request.trigger !== "alert") return record;
  if (!settings.isEnabled || settings.mode === "off") return undefined;
  if (settings.mode === "approve" && record.by === undefined)
    return { ...record, state: "awaiting_approval" };
  if (settings.mode !== "dry_run") return record;
  const options = { ...record.request.options, dryRun: true };
  return { ...record, request: { ...record.request, options } };
}

function findSlot(slotId: string, snapshot: Snapshot): (RecoveryTarget & { kind: "slot" }) | undefined {
  const target = selectTarget(new Map([["slot", slotId]]), snapshot, { scope: "slot", instance: undefined });
  return target.kind === "slot" ? target : undefined;
}

function submissionTarget(submission: RecoverySubmission, snapshot: Snapshot): RecoveryTarget | undefined {
  if (submission.slotId !== undefined) return findSlot(submission.slotId, snapshot);
  const { pool } = submission.options;
  if (pool === undefined) return { kind: "all" };
  return snapshot.pools.some(({ repoName }) => repoName === pool) ? { kind: "pool", pool } : undefined;
}

function scopeOfTarget(target: RecoveryTarget): PausableTarget {
  return {
    slotId: target.kind === "slot" ? target.slotId : undefined,
    pool: target.kind === "all" ? undefined : target.pool,
  };
}
