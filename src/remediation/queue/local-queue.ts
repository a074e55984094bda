import { secondsBetween } from "../../platform/clock.ts";
import { approvalExpiresAt } from "../approvals/approval-expiry.ts";
import { ApprovalPlanner } from "../approvals/approval-planner.ts";
import type { RemediationSettings } from "../alerts/policy.ts";
import { QueueRules, type QueueRulesOptions } from "./queue-rules.ts";
import { QueueState } from "./queue-state.ts";
import { QueueStorage, type QueueStorageOptions } from "./queue-storage.ts";
import { RecoveryWorkers, type RecoveryWorkersOptions } from "./recovery-workers.ts";
import {
  isWaiting,
  type Approval,
  type ApprovalOutcome,
  type EnqueueOutcome,
  type Nomination,
  type RecoveryRecord,
} from "./recovery-queue.ts";

export interface LocalQueueOptions
  extends
    Omit<QueueRulesOptions, "live">,
    QueueStorageOptions,
    Pick<RecoveryWorkersOptions, "runner" | "clock" | "logger" | "ended"> {
  /** Asked each time: a reload changes them. */
  readonly live: { readonly remediation: RemediationSettings };
}

/**
 * The queue of one host: in memory, with a file that survives a restart. It holds recoveries until they run. One delivery
 * (fingerprint and start of an alert) runs once, and one target has at most one recovery waiting or running.
 */
export class LocalQueue {
  readonly #options: LocalQueueOptions;
  readonly #rules: QueueRules;
  readonly #storage: QueueStorage;
  readonly #state: QueueState;
  readonly #workers: RecoveryWorkers;
  readonly #planner: ApprovalPlanner;

  /** Nothing runs yet. @throws CodedError `QUEUE_FILE_INVALID`, `STORED_FILE_NEWER` */
  constructor(options: LocalQueueOptions) {
    this.#options = options;
    this.#rules = new QueueRules(options);
    this.#storage = new QueueStorage(options);
    this.#state = new QueueState({ storage: this.#storage, rules: this.#rules });
    this.#workers = new RecoveryWorkers({ ...options, state: this.#state, rules: this.#rules });
    this.#planner = new ApprovalPlanner({ state: this.#state, runner: options.runner });
  }

  enqueue(nomination: Nomination): EnqueueOutcome {
    const { live, clock } = this.#options;
    const state = this.#state;
    const { alert, request, target, mode } = nomination;
    const active = state.recoveries.activeOf(target);
    if (active !== undefined && this.#takesOver(active, nomination))
      return { kind: "queued", recoveryId: active.recoveryId };
    if (active !== undefined) return { kind: "duplicate", recoveryId: active.recoveryId };
    if (alert !== undefined && state.deliveries.has(alert, mode))
      return { kind: "duplicate", recoveryId: undefined };
    if (this.depth() >= live.remediation.queueSize) return { kind: "full" };
    if (alert !== undefined) state.deliveries.add(alert, mode);
    state.put(newRecord(nomination, clock.now()));
    return { kind: "queued", recoveryId: request.recoveryId };
  }

  /** Makes what was enqueued survive a restart, and lets it run. False if it would not survive one. */
  commit(): boolean {
    const isSaved = this.#state.save();
    this.#workers.startWaiting();
    this.#planner.planNext();
    return isSaved;
  }

  start(): void {
    this.#workers.start();
    this.#planner.start();
    this.refresh();
  }

  /** Starts nothing more and resolves when the running recoveries have ended. */
  async stop(): Promise<void> {
    await Promise.all([this.#planner.stop(), this.#workers.stop()]);
  }

  decide(approval: Approval): ApprovalOutcome {
    this.refresh();
    return this.#decide(approval);
  }

  /** Takes what other processes decided, expires approvals nobody gave, and starts what is no longer held. */
  refresh(): void {
    this.#state.followLeadership();
    this.#takeApprovals();
    this.#endOverdue();
    this.commit();
  }

  /** Recoveries that the policy queued since the given time. */
  countQueuedSince(policy: string, since: Date): number {
    // A time in the future is from before the clock was set back, and does not count.
    const now = this.#options.clock.now();
    return this.#state.recoveries
      .all()
      .filter((record) => record.policy === policy && record.queuedAt > since && record.queuedAt <= now)
      .length;
  }

  /** Newest first. */
  list(): readonly RecoveryRecord[] {
    return this.#state.recoveries.all().reverse();
  }

  get(recoveryId: string): RecoveryRecord | undefined {
    return this.#state.recoveries.get(recoveryId);
  }

  /** Recoveries that wait: queued or awaiting approval. */
  depth(): number {
    return this.#state.recoveries.waitingCount();
  }

  /** Makes a recovery that waits for approval or as a dry run a live one, if the mode permits that now. */
  #takesOver(active: RecoveryRecord, { alert, request, mode }: Nomination): boolean {
    const state = this.#state;
    const isUnattended = alert !== undefined && active.request.trigger === request.trigger;
    const isHeldBack = active.state === "waiting_for_approval" || active.request.options.dryRun;
    if (!isUnattended || !isWaiting(active) || !isHeldBack || mode !== "live") return false;
    if (state.isForeign(active.recoveryId)) return false;
    state.deliveries.add(alert, mode);
    const taken = { ...request, recoveryId: active.recoveryId };
    state.change(active.recoveryId, { state: "queued", request: taken, report: undefined });
    return true;
  }

  #decide(approval: Approval): ApprovalOutcome {
    const state = this.#state;
    const { clock } = this.#options;
    const { recoveryId, decision, operator } = approval;
    const record = state.recoveries.get(recoveryId);
    if (record === undefined) return { kind: "not_found" };
    if (record.state !== "waiting_for_approval") return { kind: "not_waiting", state: record.state };
    if (state.isForeign(recoveryId))
      return this.#storage.submitApproval(approval)
        ? { kind: "done" }
        : { kind: "not_waiting", state: "queued" };
    if (decision === "approve")
      state.change(recoveryId, { state: "queued", by: operator, report: undefined });
    else state.change(recoveryId, { state: "rejected", by: operator, finishedAt: clock.now() });
    this.commit();
    return { kind: "done" };
  }

  /** The time of the decision counts, not the time when it is taken: this process may have been down. */
  #takeApprovals(): void {
    const { live } = this.#options;
    for (const approval of this.#storage.approvals()) {
      const record = this.#state.recoveries.get(approval.recoveryId);
      const expiresAt = record && approvalExpiresAt(record, live.remediation);
      if (expiresAt !== undefined && approval.at < expiresAt) this.#decide(approval);
      this.#storage.removeApproval(approval.recoveryId);
    }
  }

  #endOverdue(): void {
    const { live, clock } = this.#options;
    const state = this.#state;
    const now = clock.now();
    for (const record of state.recoveries.all()) {
      if (!isWaiting(record) || state.isForeign(record.recoveryId)) continue;
      const expiresAt = approvalExpiresAt(record, live.remediation);
      // A time in the future is from before the clock was set back: do not wait for it.
      const isOfOtherTime = -secondsBetween(record.queuedAt, now) > live.remediation.approvalTimeoutSeconds;
      if (expiresAt !== undefined && (expiresAt <= now || isOfOtherTime))
        state.change(record.recoveryId, { state: "expired", finishedAt: now });
      else if (this.#rules.isFaultGone(record)) this.#endAsGone(record, now);
    }
  }

  /** The fault may come back: its alert's next repeat is judged again. */
  #endAsGone({ recoveryId, alert }: RecoveryRecord, finishedAt: Date): void {
    this.#state.deliveries.forget(alert);
    this.#state.change(recoveryId, { state: "fault_gone", finishedAt });
  }
}

function newRecord({ request, mode, ...nomination }: Nomination, queuedAt: Date): RecoveryRecord {
  return {
    ...nomination,
    recoveryId: request.recoveryId,
    state: mode === "approve" ? "waiting_for_approval" : "queued",
    request,
    queuedAt,
    startedAt: undefined,
    finishedAt: undefined,
    report: undefined,
    error: undefined,
    by: undefined,
  };
}
