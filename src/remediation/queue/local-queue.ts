import { secondsBetween, type Clock } from "../../platform/clock.ts";
import { approvalExpiresAt } from "../approvals/approval-expiry.ts";
import type { ApprovalPlanner } from "../approvals/approval-planner.ts";
import type { RemediationSettings } from "../alerts/policy.ts";
import type { QueueRules } from "./queue-rules.ts";
import type { QueueState } from "./queue-state.ts";
import type { QueueStorage } from "./queue-storage.ts";
import {
  isWaiting,
  type Approval,
  type ApprovalOutcome,
  type EnqueueOutcome,
  type Nomination,
  type RecoveryQueue,
  type RecoveryRecord,
} from "./recovery-queue.ts";
import type { RecoveryWorkers } from "./recovery-workers.ts";

export interface LocalQueueOptions {
  readonly clock: Clock;
  /** Asked each time: a reload changes them. */
  readonly live: { readonly remediation: Pick<RemediationSettings, "queueSize" | "approvalTimeoutSeconds"> };
  readonly state: QueueState;
  readonly storage: QueueStorage;
  readonly rules: Pick<QueueRules, "isFaultGone">;
  readonly workers: RecoveryWorkers;
  readonly planner: ApprovalPlanner;
}

/** The queue of one host: in memory, with a file that survives a restart. */
export class LocalQueue implements RecoveryQueue {
  readonly #options: LocalQueueOptions;

  constructor(options: LocalQueueOptions) {
    this.#options = options;
  }

  enqueue(nomination: Nomination): EnqueueOutcome {
    const { state, live, clock } = this.#options;
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

  commit(): boolean {
    const { state, workers, planner } = this.#options;
    const isSaved = state.save();
    workers.startWaiting();
    planner.planNext();
    return isSaved;
  }

  start(): void {
    this.#options.workers.start();
    this.#options.planner.start();
    this.refresh();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#options.planner.stop(), this.#options.workers.stop()]);
  }

  decide(approval: Approval): ApprovalOutcome {
    this.refresh();
    return this.#decide(approval);
  }

  refresh(): void {
    this.#options.state.followLeadership();
    this.#takeApprovals();
    this.#endOverdue();
    this.commit();
  }

  countQueuedSince(policy: string, since: Date): number {
    // A time in the future is from before the clock was set back, and does not count.
    const now = this.#options.clock.now();
    return this.#options.state.recoveries
      .all()
      .filter((record) => record.policy === policy && record.queuedAt > since && record.queuedAt <= now)
      .length;
  }

  list(): readonly RecoveryRecord[] {
    return this.#options.state.recoveries.all().reverse();
  }

  get(recoveryId: string): RecoveryRecord | undefined {
    return this.#options.state.recoveries.get(recoveryId);
  }

  depth(): number {
    return this.#options.state.recoveries.waitingCount();
  }

  /** Makes a recovery that waits for approval or as a dry run a live one, if the mode permits that now. */
  #takesOver(active: RecoveryRecord, { alert, request, mode }: Nomination): boolean {
    const { state } = this.#options;
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
    const { state, storage, clock } = this.#options;
    const { recoveryId, decision, operator } = approval;
    const record = state.recoveries.get(recoveryId);
    if (record === undefined) return { kind: "not_found" };
    if (record.state !== "waiting_for_approval") return { kind: "not_waiting", state: record.state };
    if (state.isForeign(recoveryId))
      return storage.submitApproval(approval) ? { kind: "done" } : { kind: "not_waiting", state: "queued" };
    if (decision === "approve")
      state.change(recoveryId, { state: "queued", by: operator, report: undefined });
    else state.change(recoveryId, { state: "rejected", by: operator, finishedAt: clock.now() });
    this.commit();
    return { kind: "done" };
  }

  /** The time of the decision counts, not the time when it is taken: this process may have been down. */
  #takeApprovals(): void {
    const { storage, state, live } = this.#options;
    for (const approval of storage.approvals()) {
      const record = state.recoveries.get(approval.recoveryId);
      const expiresAt = record && approvalExpiresAt(record, live.remediation);
      if (expiresAt !== undefined && approval.at < expiresAt) this.#decide(approval);
      storage.removeApproval(approval.recoveryId);
    }
  }

  #endOverdue(): void {
    const { state, rules, live, clock } = this.#options;
    const now = clock.now();
    for (const record of state.recoveries.all()) {
      if (!isWaiting(record) || state.isForeign(record.recoveryId)) continue;
      const expiresAt = approvalExpiresAt(record, live.remediation);
      // A time in the future is from before the clock was set back: do not wait for it.
      const isOfOtherTime = -secondsBetween(record.queuedAt, now) > live.remediation.approvalTimeoutSeconds;
      if (expiresAt !== undefined && (expiresAt <= now || isOfOtherTime))
        state.change(record.recoveryId, { state: "expired", finishedAt: now });
      else if (rules.isFaultGone(record)) this.#endAsGone(record, now);
    }
  }

  /** The fault may come back: its alert's next repeat is judged again. */
  #endAsGone({ recoveryId, alert }: RecoveryRecord, finishedAt: Date): void {
    const { state } = this.#options;
    state.deliveries.forget(alert);
    state.change(recoveryId, { state: "fault_gone", finishedAt });
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
