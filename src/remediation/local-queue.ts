import type { Clock } from "../platform/clock.ts";
import { asError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import type { RecoveryReport } from "../recovery/recovery-report.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";
import type { QueueFile } from "./queue-file.ts";
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

export const queueLimits = { deliveryCount: 10_000, endedCount: 1000 } as const;

export interface LocalQueueOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined keeps the queue in memory alone. */
  readonly file: QueueFile | undefined;
  /** Recoveries that may wait at once. */
  readonly size: number;
  /** Recoveries that may run at once. */
  readonly concurrency: number;
  readonly approvalTimeoutSeconds: number;
  /** A saved recovery as today's settings allow it; undefined drops it. */
  admitSaved(record: RecoveryRecord): RecoveryRecord | undefined;
  runRecovery(request: RecoveryRequest): Promise<RecoveryReport>;
  /** True while a pause covers the recovery: it then goes on waiting. */
  isHeld(record: RecoveryRecord): boolean;
}

/** The queue of one host: in memory, with a file that survives a restart. */
export class LocalQueue implements RecoveryQueue {
  readonly #options: LocalQueueOptions;
  /** By recoveryId, oldest first. */
  readonly #records = new Map<string, RecoveryRecord>();
  /** Keys of deliveries, oldest first; the oldest are forgotten. */
  readonly #deliveries = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #isStarted = false;

  constructor(options: LocalQueueOptions) {
    this.#options = options;
    const saved = options.file?.read();
    for (const key of saved?.deliveries ?? []) this.#deliveries.add(key);
    for (const record of saved?.waiting ?? []) {
      const admitted = options.admitSaved(record);
      if (admitted !== undefined) this.#records.set(admitted.recoveryId, admitted);
    }
  }

  enqueue(nomination: Nomination): EnqueueOutcome {
    const { alert, request, target, policy } = nomination;
    const active = [...this.#records.values()].find((record) => isActive(record) && record.target === target);
    if (active !== undefined) return { kind: "duplicate", recoveryId: active.recoveryId };
    if (alert !== undefined && this.#deliveries.has(deliveryKey(alert))) {
      return { kind: "duplicate", recoveryId: undefined };
    }
    if (this.depth() >= this.#options.size) return { kind: "full" };
    if (alert !== undefined) this.#remember(deliveryKey(alert));
    this.#records.set(request.recoveryId, {
      recoveryId: request.recoveryId,
      state: nomination.needsApproval ? "awaiting_approval" : "queued",
      request,
      target,
      policy,
      alert,
      queuedAt: this.#options.clock.now(),
      startedAt: undefined,
      finishedAt: undefined,
      report: undefined,
      error: undefined,
      by: undefined,
    });
    return { kind: "queued", recoveryId: request.recoveryId };
  }

  commit(): void {
    this.#save();
    this.#startWaiting();
  }

  start(): void {
    this.#isStarted = true;
    this.refresh();
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  approve({ recoveryId, operator }: Approval): ApprovalOutcome {
    return this.#decide(recoveryId, { state: "queued", by: operator });
  }

  reject({ recoveryId, operator }: Approval): ApprovalOutcome {
    const finishedAt = this.#options.clock.now();
    return this.#decide(recoveryId, { state: "rejected", by: operator, finishedAt });
  }

  refresh(): void {
    const now = this.#options.clock.now();
    const oldest = now.getTime() - this.#options.approvalTimeoutSeconds * 1000;
    const overdue = [...this.#records.values()].filter(
      (record) => record.state === "awaiting_approval" && record.queuedAt.getTime() <= oldest,
    );
    for (const record of overdue) this.#change(record.recoveryId, { state: "expired", finishedAt: now });
    if (overdue.length > 0) this.#save();
    this.#startWaiting();
  }

  countQueuedSince(policy: string, since: Date): number {
    return this.list().filter((record) => record.policy === policy && record.queuedAt > since).length;
  }

  list(): readonly RecoveryRecord[] {
    return [...this.#records.values()].reverse();
  }

  get(recoveryId: string): RecoveryRecord | undefined {
    return this.#records.get(recoveryId);
  }

  depth(): number {
    return this.list().filter(isWaiting).length;
  }

  #decide(recoveryId: string, change: Partial<RecoveryRecord>): ApprovalOutcome {
    this.refresh();
    const record = this.#records.get(recoveryId);
    if (record === undefined) return { kind: "not_found" };
    if (record.state !== "awaiting_approval") return { kind: "not_waiting", state: record.state };
    this.#change(recoveryId, change);
    this.commit();
    return { kind: "done" };
  }

  #startWaiting(): void {
    if (!this.#isStarted) return;
    for (const record of [...this.#records.values()]) {
      if (this.#running.size >= this.#options.concurrency) return;
      if (record.state === "queued" && !this.#options.isHeld(record)) this.#begin(record);
    }
  }

  #begin(record: RecoveryRecord): void {
    this.#change(record.recoveryId, { state: "running", startedAt: this.#options.clock.now() });
    const run = this.#run(record).finally(() => {
      this.#running.delete(run);
      this.#startWaiting();
    });
    this.#running.add(run);
  }

  async #run(record: RecoveryRecord): Promise<void> {
    const { clock, logger } = this.#options;
    const change = await this.#attempt(record);
    this.#change(record.recoveryId, { ...change, finishedAt: clock.now() });
    this.#forgetEnded();
    logger.info({ recoveryId: record.recoveryId, state: change.state }, "remediation.ended");
    this.#save();
  }

  /** A run that broke forgets its delivery: the alert's next repeat tries again. */
  async #attempt(record: RecoveryRecord): Promise<Pick<RecoveryRecord, "state" | "report" | "error">> {
    try {
      const report = await this.#options.runRecovery(record.request);
      return { state: "finished", report, error: undefined };
    } catch (thrown) {
      if (record.alert !== undefined) this.#deliveries.delete(deliveryKey(record.alert));
      return { state: "failed", report: undefined, error: asError(thrown).message };
    }
  }

  #change(recoveryId: string, change: Partial<RecoveryRecord>): void {
    const record = this.#records.get(recoveryId);
    if (record !== undefined) this.#records.set(recoveryId, { ...record, ...change });
  }

  #remember(key: string): void {
    this.#deliveries.add(key);
    for (const oldest of this.#deliveries) {
      if (this.#deliveries.size <= queueLimits.deliveryCount) return;
      this.#deliveries.delete(oldest);
    }
  }

  #forgetEnded(): void {
    const ended = [...this.#records.values()].filter((record) => !isActive(record));
    for (const record of ended.slice(0, Math.max(0, ended.length - queueLimits.endedCount))) {
      this.#records.delete(record.recoveryId);
    }
  }

  /** A disk that refuses costs durability alone: what waits still runs, and alerts repeat. */
  #save(): void {
    try {
      const waiting = [...this.#records.values()].filter(isActive);
      this.#options.file?.write({ waiting, deliveries: [...this.#deliveries] });
    } catch (thrown) {
      this.#options.logger.error({ error: asError(thrown).message }, "remediation.save_failed");
    }
  }
}
