import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Snapshot } from "../anomalies/snapshot.ts";
import { secondsPerHour, type Clock } from "../platform/clock.ts";
import { asError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import type {
  Pause,
  PauseOutcome,
  Pauses,
  PausableTarget,
  ResumeOutcome,
} from "../recovery/guards/pauses.ts";
import {
  defaultRecoveryOptions,
  resolveRecoveryOptions,
  type RecoveryOptionsInput,
} from "../recovery/plan/recovery-options.ts";
import type { RecoveryReport } from "../recovery/recovery-report.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";
import { admitSaved } from "./admit-saved.ts";
import { ApprovalStore } from "./approval-store.ts";
import { inventoryOf } from "./inventory.ts";
import { LocalQueue } from "./local-queue.ts";
import { parseNotification, type Alert, type AlertStatus, type Notification } from "./notification.ts";
import { effectiveMode, selectPolicy, type RemediationPolicy, type RemediationSettings } from "./policy.ts";
import { queueFileAt } from "./queue-file.ts";
import type { RecoveryPath } from "./recovery-path.ts";
import type { Approval, ApprovalOutcome, RecoveryQueue, RecoveryRecord } from "./recovery-queue.ts";
import { pausableTarget, selectTarget, targetKey, type RecoveryTarget } from "./select-target.ts";
import type { WebhookDecision } from "./webhook-decision.ts";

/** How often other processes' decisions, expired approvals and ended pauses are noticed. */
const refreshMilliseconds = 1000;

export interface RemediationOptions {
  /** Asked each time: a reload changes them. */
  settings(): RemediationSettings;
  readonly pauses: Pauses;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined before the first collection has ended. */
  snapshot(): Snapshot | undefined;
  runRecovery(request: RecoveryRequest): Promise<RecoveryReport>;
  /** Asks for a collection now. */
  requestRescan(): void;
  /** Undefined keeps everything in memory. */
  readonly stateDirectory: string | undefined;
  /** False while another process of this state directory answers alerts. */
  isLeader?(): boolean;
  onDecision?(decision: AlertDecision): void;
  /** True while a maintenance window covers the pool; an undefined pool asks for every one. */
  isInMaintenance?(pool: string | undefined, now: Date): boolean;
  /** Records what a person did to the loop. */
  note?(note: RemediationNote): void;
}

/** A person's act that is no recovery itself. */
export interface RemediationNote {
  readonly action: "approve" | "reject" | "pause" | "resume";
  readonly operator: string;
  readonly detail: string;
  readonly recoveryId?: string;
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
  /** Not saved: the disk refused, and only a repeat would bring it back after a restart. */
  | { readonly kind: "accepted"; readonly decisions: readonly AlertDecision[]; readonly isSaved: boolean }
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
export class Remediation implements RecoveryPath {
  readonly #options: RemediationOptions;
  readonly #queue: RecoveryQueue;
  /** When the last recovery of a target ended. */
  readonly #endedAt = new Map<string, Date>();
  #stopping = new AbortController();

  /** @throws CodedError `QUEUE_FILE_INVALID`, `STORED_FILE_NEWER` */
  constructor(options: RemediationOptions) {
    this.#options = options;
    const { stateDirectory, clock, logger } = options;
    const shared =
      stateDirectory === undefined
        ? undefined
        : {
            file: queueFileAt(join(stateDirectory, "remediation", "queue.json")),
            approvals: new ApprovalStore(stateDirectory, logger),
          };
    this.#queue = new LocalQueue({
      clock,
      logger,
      shared,
      settings: () => options.settings(),
      isLeader: () => options.isLeader?.() ?? true,
      admitSaved: (record) => admitSaved(record, options.settings()),
      runRecovery: (request) => this.#run(request),
      isHeld: ({ request }) => this.#holdReason(this.#scopeOf(request), request.trigger) !== undefined,
      isFaultGone: (record) => this.#isFaultGone(record),
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
    if (!this.#options.settings().isEnabled) return { kind: "disabled" };
    const parsing = parseNotification(payload);
    if (parsing.kind === "invalid") return { kind: "malformed", detail: parsing.detail };
    const snapshot = this.#options.snapshot();
    if (snapshot === undefined) return { kind: "not_ready" };
    const decisions = this.#decideAll(parsing.notification, snapshot);
    const isSaved = this.#queue.commit();
    return decisions === "full" ? { kind: "overloaded" } : { kind: "accepted", decisions, isSaved };
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
    const held = this.#holdReason(pausableTarget(target), "api");
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

  decide(approval: Omit<Approval, "at">): ApprovalOutcome {
    const outcome = this.#queue.decide({ ...approval, at: this.#options.clock.now() });
    const { recoveryId, operator, decision } = approval;
    if (outcome.kind === "done") this.#options.note?.({ action: decision, operator, recoveryId, detail: "" });
    return outcome;
  }

  pauses(): readonly Pause[] {
    return this.#options.pauses.list(this.#options.clock.now());
  }

  async pause(pause: Pause): Promise<PauseOutcome | { readonly kind: "not_found" }> {
    if (!this.#isKnown(pause)) return { kind: "not_found" };
    const outcome = await this.#options.pauses.pause(pause, this.#options.clock.now());
    if (outcome.kind === "paused")
      this.#options.note?.({
        action: "pause",
        operator: pause.operator,
        detail: `${pause.name}: ${pause.reason}`,
      });
    return outcome;
  }

  async resume({ name, operator }: { name: string; operator: string }): Promise<ResumeOutcome> {
    const outcome = await this.#options.pauses.resume(name, this.#options.clock.now());
    if (outcome.kind === "resumed") this.#options.note?.({ action: "resume", operator, detail: name });
    this.#queue.refresh();
    return outcome;
  }

  #decideAll(notification: Notification, snapshot: Snapshot): readonly AlertDecision[] | "full" {
    const decisions: AlertDecision[] = [];
    for (const alert of notification.alerts) {
      const decision = this.#decide(alert, snapshot);
      if (decision === "full") return "full";
      decisions.push(decision);
    }
    if (notification.truncatedAlerts > 0) {
      this.#options.requestRescan();
      const detail = `${notification.truncatedAlerts} alerts were left out`;
      decisions.push({ fingerprint: "", status: "firing", decision: "pool_rescan", detail });
    }
    for (const decision of decisions) this.#options.onDecision?.(decision);
    return decisions;
  }

  #decide(alert: Alert, snapshot: Snapshot): AlertDecision | "full" {
    const settings = this.#options.settings();
    const { fingerprint, status } = alert;
    if (status === "resolved") return { fingerprint, status, decision: "resolved" };
    const policy = selectPolicy(settings.policies, alert.labels);
    if (policy === undefined || effectiveMode(settings.mode, policy.mode) === "off") {
      return { fingerprint, status, decision: "no_policy" };
    }
    const target = selectTarget(alert.labels, snapshot, { scope: policy.scope, instance: settings.instance });
    if (target.kind === "not_ours" || target.kind === "no_policy") {
      return { fingerprint, status, decision: target.kind };
    }
    const scope = pausableTarget(target);
    const named = {
      fingerprint,
      status,
      ...(scope.slotId && { slotId: scope.slotId }),
      ...(scope.pool && { pool: scope.pool }),
    };
    const held = this.#holdReason(scope, "alert");
    if (held !== undefined) return { ...named, decision: "paused", detail: held };
    if (this.#isRecoveredSince(alert.startsAt, target, snapshot)) {
      return { ...named, decision: "duplicate", detail: "a recovery ended after the alert began" };
    }
    const outcome = this.#nominate(alert, policy, target);
    if (outcome.kind === "full") return "full";
    if (outcome.kind === "paused") return { ...named, decision: "paused", detail: outcome.detail };
    const { kind: decision, recoveryId } = outcome;
    return { ...named, decision, ...(recoveryId !== undefined && { recoveryId }) };
  }

  /** Prometheus goes on firing for a while after a repair, and a late alert may tell of the fault that is gone. */
  #isRecoveredSince(startsAt: Date, target: RecoveryTarget, snapshot: Snapshot): boolean {
    const endedAt = this.#endedAt.get(targetKey(target));
    if (endedAt === undefined || target.kind !== "slot" || inventoryOf(snapshot).faulty.has(target.slotId))
      return false;
    return startsAt < endedAt && endedAt <= snapshot.checkedAt;
  }

  #nominate(alert: Alert, policy: RemediationPolicy, target: RecoveryTarget) {
    const hourAgo = new Date(this.#options.clock.now().getTime() - secondsPerHour * 1000);
    const { maxPerHour } = policy;
    if (maxPerHour !== undefined && this.#queue.countQueuedSince(policy.name, hourAgo) >= maxPerHour) {
      return { kind: "paused" as const, detail: `${policy.name} has queued ${maxPerHour} within an hour` };
    }
    const mode = effectiveMode(this.#options.settings().mode, policy.mode);
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
    const { lockTimeoutSeconds } = this.#options.settings();
    const options = resolveRecoveryOptions(input, { ...defaultRecoveryOptions, lockTimeoutSeconds });
    const pool = target.kind === "pool" ? target.pool : options.pool;
    const slotId = target.kind === "slot" ? target.slotId : undefined;
    return { recoveryId: randomUUID(), ...origin, slotId, options: { ...options, pool } };
  }

  async #run(request: RecoveryRequest): Promise<RecoveryReport> {
    const report = await this.#options.runRecovery(request);
    if (!report.dryRun && request.slotId !== undefined) this.#rememberEnd(`slot:${request.slotId}`);
    return report;
  }

  #rememberEnd(target: string): void {
    this.#endedAt.delete(target);
    this.#endedAt.set(target, this.#options.clock.now());
    const [oldest] = this.#endedAt.keys();
    if (this.#endedAt.size > rememberedEndCount && oldest !== undefined) this.#endedAt.delete(oldest);
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

  /** Only what an alert asked for is dropped; a person's wish always runs. */
  #isFaultGone({ request, queuedAt }: RecoveryRecord): boolean {
    const snapshot = this.#options.snapshot();
    if (request.trigger !== "alert" || request.slotId === undefined || snapshot === undefined) return false;
    return snapshot.checkedAt > queuedAt && !inventoryOf(snapshot).faulty.has(request.slotId);
  }

  /** Why the target may not be recovered now. A maintenance window stops no person. */
  #holdReason(scope: PausableTarget, trigger: RecoveryRequest["trigger"]): string | undefined {
    const now = this.#options.clock.now();
    const pause = this.#options.pauses.find(scope, now);
    if (pause !== undefined) return `paused by ${pause.name}: ${pause.reason}`;
    const isInMaintenance = trigger === "alert" && this.#options.isInMaintenance?.(scope.pool, now) === true;
    return isInMaintenance ? "a maintenance window is open" : undefined;
  }

  #scopeOf({ slotId, options }: RecoveryRequest): PausableTarget {
    const snapshot = this.#options.snapshot();
    const pool =
      slotId === undefined || snapshot === undefined ? undefined : inventoryOf(snapshot).slots.get(slotId);
    return { slotId, pool: pool ?? options.pool };
  }

  /** A pause of a pool or slot that is not there would hold nothing back, and nobody would notice. */
  #isKnown({ pool, slotId }: PausableTarget): boolean {
    const snapshot = this.#options.snapshot();
    if (snapshot === undefined) return true;
    const { pools, slots } = inventoryOf(snapshot);
    return (pool === undefined || pools.has(pool)) && (slotId === undefined || slots.has(slotId));
  }

  async #refreshUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#queue.refresh();
      } catch (thrown) {
        this.#options.logger.error({ error: asError(thrown).message }, "remediation.refresh_failed");
      }
      await this.#options.clock.sleep(refreshMilliseconds, signal).catch(() => undefined);
    }
  }
}

const rememberedEndCount = 10_000;

function submissionTarget(submission: RecoverySubmission, snapshot: Snapshot): RecoveryTarget | undefined {
  const { slotId, options } = submission;
  const { pools, slots } = inventoryOf(snapshot);
  if (slotId !== undefined) {
    const pool = slots.get(slotId);
    return pool === undefined ? undefined : { kind: "slot", slotId, pool };
  }
  if (options.pool === undefined) return { kind: "all" };
  return pools.has(options.pool) ? { kind: "pool", pool: options.pool } : undefined;
}
