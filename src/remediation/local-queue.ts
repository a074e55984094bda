import { asError } from "../platform/coded-error.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { RecoveryReport } from "../recovery/recovery-report.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";
import { approvalExpiresAt } from "./approval-expiry.ts";
import type { ApprovalStore } from "./approval-store.ts";
import { overlaps } from "./overlaps.ts";
import type { RemediationSettings } from "./policy.ts";
import type { QueueFile } from "./queue-file.ts";
import { RecoveryIndex } from "./recovery-index.ts";
import {
  deliveryKey,
  isActive,
  isWaiting,
  type Approval,
  type ApprovalOutcome,
  type EnqueueOutcome,
  type Nomination,
  type RecoveryQueue,
  type RecoveryRecord,
} from "./recovery-queue.ts";
import { isRetryable } from "./is-retryable.ts";

export const queueLimits = { deliveryCount: 10_000, endedCount: 1000 } as const;

export type LocalQueueSettings = Pick<
  RemediationSettings,
  "queueSize" | "concurrency" | "approvalTimeoutSeconds"
>;

export interface LocalQueueOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asked each time: a reload changes them. */
  settings(): LocalQueueSettings;
  /** Undefined keeps the queue in memory alone. */
  readonly shared: { readonly file: QueueFile; readonly approvals: ApprovalStore } | undefined;
  /** False while another process owns the shared files: this one then only shows them, and holds what alerts ask for. */
  isLeader(): boolean;
  /** A saved recovery as today's settings allow it; undefined drops it. */
  admitSaved(record: RecoveryRecord): RecoveryRecord | undefined;
  runRecovery(request: RecoveryRequest): Promise<RecoveryReport>;
  /** True while a pause covers the recovery: it then goes on waiting. */
  isHeld(record: RecoveryRecord): boolean;
  /** True where a look at the pools after the recovery was queued shows nothing left to recover. */
  isFaultGone(record: RecoveryRecord): boolean;
}

/** The queue of one host: in memory, with a file that survives a restart. */
export class LocalQueue implements RecoveryQueue {
  readonly #options: LocalQueueOptions;
  readonly #book = new RecoveryIndex();
  /** Recoveries of another process, read from its file. */
  readonly #foreign = new Set<string>();
  /** Keys of deliveries, oldest first; the oldest are forgotten. */
  readonly #deliveries = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  #planning: Promise<void> | undefined;
  #isStarted = false;
  #isOwner = false;
  #isDirty = false;
  #hasSaidUnsaved = false;
  #sharedVersion = "";

  /** @throws CodedError `QUEUE_FILE_INVALID` where the state cannot be read. */
  constructor(options: LocalQueueOptions) {
    this.#options = options;
    this.#readShared();
  }

  enqueue(nomination: Nomination): EnqueueOutcome {
    const { alert, request, target } = nomination;
    const active = this.#book.activeOf(target);
    if (active !== undefined) return { kind: "duplicate", recoveryId: active.recoveryId };
    if (alert !== undefined && this.#deliveries.has(deliveryKey(alert))) {
      return { kind: "duplicate", recoveryId: undefined };
    }
    if (this.depth() >= this.#options.settings().queueSize) return { kind: "full" };
    if (alert !== undefined) this.#remember(deliveryKey(alert));
    this.#book.put(newRecord(nomination, this.#options.clock.now()));
    this.#isDirty = true;
    return { kind: "queued", recoveryId: request.recoveryId };
  }

  commit(): boolean {
    const isSaved = this.#save();
    this.#startWaiting();
    this.#planNext();
    return isSaved;
  }

  start(): void {
    this.#isStarted = true;
    this.refresh();
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    await this.#planning;
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  decide(approval: Approval): ApprovalOutcome {
    this.refresh();
    return this.#decide(approval);
  }

  refresh(): void {
    this.#followLeadership();
    if (this.#isOwner) this.#takeApprovals();
    this.#endOverdue();
    this.commit();
  }

  countQueuedSince(policy: string, since: Date): number {
    return this.#book.all().filter((record) => record.policy === policy && record.queuedAt > since).length;
  }

  list(): readonly RecoveryRecord[] {
    return this.#book.all().reverse();
  }

  get(recoveryId: string): RecoveryRecord | undefined {
    return this.#book.get(recoveryId);
  }

  depth(): number {
    return this.#book.waitingCount();
  }

  #decide(approval: Approval): ApprovalOutcome {
    const { recoveryId, decision, operator } = approval;
    const record = this.#book.get(recoveryId);
    if (record === undefined) return { kind: "not_found" };
    if (record.state !== "waiting_for_approval") return { kind: "not_waiting", state: record.state };
    if (this.#foreign.has(recoveryId)) {
      const isFirst = this.#options.shared?.approvals.leave(approval) === true;
      return isFirst ? { kind: "done" } : { kind: "not_waiting", state: "queued" };
    }
    const finishedAt = this.#options.clock.now();
    if (decision === "approve")
      this.#change(recoveryId, { state: "queued", by: operator, report: undefined });
    else this.#change(recoveryId, { state: "rejected", by: operator, finishedAt });
    this.commit();
    return { kind: "done" };
  }

  /** Shows the owner's file while another process leads; takes it over when this one does. */
  #followLeadership(): void {
    const isLeader = this.#options.isLeader();
    const isSeen = isLeader === this.#isOwner && this.#sharedVersion === this.#options.shared?.file.version();
    if ((isLeader && this.#isOwner) || isSeen) return;
    try {
      this.#readShared();
    } catch (thrown) {
      this.#isOwner = false;
      this.#options.logger.error({ error: asError(thrown).message }, "remediation.load_failed");
    }
  }

  #readShared(): void {
    const isOwner = this.#options.isLeader();
    this.#sharedVersion = this.#options.shared?.file.version() ?? "";
    const saved = this.#options.shared?.file.read();
    for (const recoveryId of this.#foreign) this.#book.delete(recoveryId);
    this.#foreign.clear();
    for (const key of saved?.deliveries ?? []) this.#remember(key);
    for (const record of saved?.waiting ?? []) {
      const admitted = isOwner ? this.#options.admitSaved(asQueuedAgain(record)) : record;
      if (admitted === undefined || this.#book.activeOf(record.target) !== undefined) continue;
      this.#book.put(admitted);
      if (!isOwner) this.#foreign.add(record.recoveryId);
    }
    this.#isOwner = isOwner;
  }

  /** The time of the decision counts, not the time when it is taken: this process may have been down. */
  #takeApprovals(): void {
    const { approvals } = this.#options.shared ?? {};
    for (const approval of approvals?.read() ?? []) {
      const record = this.#book.get(approval.recoveryId);
      if (record !== undefined && approval.at.getTime() < this.#expiryOf(record)) this.#decide(approval);
      approvals?.remove(approval.recoveryId);
    }
  }

  #expiryOf(record: RecoveryRecord): number {
    return approvalExpiresAt(record, this.#options.settings().approvalTimeoutSeconds).getTime();
  }

  #endOverdue(): void {
    const now = this.#options.clock.now();
    for (const record of this.#book.all()) {
      if (!isWaiting(record) || this.#foreign.has(record.recoveryId)) continue;
      const isExpired = record.state === "waiting_for_approval" && this.#expiryOf(record) <= now.getTime();
      if (isExpired) this.#change(record.recoveryId, { state: "expired", finishedAt: now });
      else if (this.#options.isFaultGone(record)) this.#endAsGone(record, now);
    }
  }

  /** A fault that was in doubt just then may be back: its alert's next repeat is judged anew. */
  #endAsGone(record: RecoveryRecord, finishedAt: Date): void {
    this.#forget(record);
    this.#change(record.recoveryId, { state: "fault_gone", finishedAt });
  }

  #startWaiting(): void {
    if (!this.#isStarted) return;
    for (const record of this.#book.all()) {
      if (this.#running.size >= this.#options.settings().concurrency) return;
      if (record.state === "queued" && this.#mayBegin(record)) this.#begin(record);
    }
  }

  #mayBegin(record: RecoveryRecord): boolean {
    if (this.#foreign.has(record.recoveryId) || this.#options.isHeld(record)) return false;
    if (record.request.trigger === "alert" && !this.#isOwner) return false;
    const running = [...this.#running.keys()].map((recoveryId) => this.#book.get(recoveryId));
    return !running.some((other) => other !== undefined && overlaps(record.target, other.target));
  }

  #begin(record: RecoveryRecord): void {
    this.#change(record.recoveryId, { state: "running", startedAt: this.#options.clock.now() });
    const run = this.#run(record).finally(() => {
      this.#running.delete(record.recoveryId);
      this.#startWaiting();
    });
    this.#running.set(record.recoveryId, run);
  }

  async #run(record: RecoveryRecord): Promise<void> {
    const { clock, logger } = this.#options;
    const change = await this.#attempt(record);
    this.#change(record.recoveryId, { ...change, finishedAt: clock.now() });
    this.#book.forgetEnded(queueLimits.endedCount);
    logger.info({ recoveryId: record.recoveryId, state: change.state }, "remediation.ended");
    this.#save();
  }

  /** A run that broke or was only held back forgets its delivery: the alert's next repeat tries again. */
  async #attempt(record: RecoveryRecord): Promise<Pick<RecoveryRecord, "state" | "report" | "error">> {
    try {
      const report = await this.#options.runRecovery(record.request);
      if (isRetryable(report)) this.#forget(record);
      return { state: "finished", report, error: undefined };
    } catch (thrown) {
      this.#forget(record);
      return { state: "failed", report: undefined, error: asError(thrown).message };
    }
  }

  /** Who is to approve a recovery sees what it would do; one plan at a time. */
  #planNext(): void {
    if (!this.#isStarted || this.#planning !== undefined) return;
    const record = this.#book
      .all()
      .find(
        ({ state, report, error, recoveryId }) =>
          state === "waiting_for_approval" &&
          report === undefined &&
          error === undefined &&
          !this.#foreign.has(recoveryId),
      );
    if (record === undefined) return;
    this.#planning = this.#plan(record).finally(() => {
      this.#planning = undefined;
      this.#planNext();
    });
  }

  async #plan({ recoveryId, request }: RecoveryRecord): Promise<void> {
    let change: Partial<RecoveryRecord>;
    try {
      const options = { ...request.options, dryRun: true };
      change = { report: await this.#options.runRecovery({ ...request, options }) };
    } catch (thrown) {
      change = { error: asError(thrown).message };
    }
    if (this.#book.get(recoveryId)?.state === "waiting_for_approval") this.#book.change(recoveryId, change);
  }

  #change(recoveryId: string, change: Partial<RecoveryRecord>): void {
    this.#book.change(recoveryId, change);
    this.#isDirty = true;
  }

  #remember(key: string): void {
    this.#deliveries.add(key);
    for (const oldest of this.#deliveries) {
      if (this.#deliveries.size <= queueLimits.deliveryCount) return;
      this.#deliveries.delete(oldest);
    }
  }

  #forget({ alert }: RecoveryRecord): void {
    if (alert !== undefined) this.#deliveries.delete(deliveryKey(alert));
  }

  /** A disk that refuses costs durability alone: what waits still runs, and alerts repeat. */
  #save(): boolean {
    if (!this.#isDirty) return true;
    if (!this.#isOwner) return false;
    try {
      const waiting = this.#book.all().filter(isActive);
      this.#options.shared?.file.write({ waiting, deliveries: [...this.#deliveries] });
      this.#isDirty = false;
    } catch (thrown) {
      // Each refresh tries again.
      if (!this.#hasSaidUnsaved)
        this.#options.logger.error({ error: asError(thrown).message }, "remediation.save_failed");
    }
    this.#hasSaidUnsaved = this.#isDirty;
    return !this.#isDirty;
  }
}

function newRecord({ request, needsApproval, ...nomination }: Nomination, queuedAt: Date): RecoveryRecord {
  return {
    ...nomination,
    recoveryId: request.recoveryId,
    state: needsApproval ? "waiting_for_approval" : "queued",
    request,
    queuedAt,
    startedAt: undefined,
    finishedAt: undefined,
    report: undefined,
    error: undefined,
    by: undefined,
  };
}

/** The process that ran it has ended; its fresh inspection finds what is left to do. */
function asQueuedAgain(record: RecoveryRecord): RecoveryRecord {
  return record.state === "running" ? { ...record, state: "queued" } : record;
}
