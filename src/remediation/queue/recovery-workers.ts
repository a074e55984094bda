import type { Clock } from "../../platform/clock.ts";
import { asError } from "../../platform/coded-error.ts";
import type { Logger } from "../../platform/logger.ts";
import type { RecoveryReport } from "../../recovery/recovery-report.ts";
import { isManual, type RecoveryRequest } from "../../recovery/recovery-request.ts";
import type { EndedRecoveries } from "./ended-recoveries.ts";
import { isRetryable } from "./is-retryable.ts";
import { overlaps } from "./overlaps.ts";
import type { RemediationSettings } from "../alerts/policy.ts";
import type { QueueRules } from "./queue-rules.ts";
import type { QueueState } from "./queue-state.ts";
import type { RecoveryRecord } from "./recovery-queue.ts";

/** Ended recoveries that stay listed. */
const mostEndedRecoveries = 1000;

/** Executes one recovery. */
export interface RequestRunner {
  run(request: RecoveryRequest): Promise<RecoveryReport>;
}

export interface RecoveryWorkersOptions {
  readonly state: QueueState;
  readonly rules: Pick<QueueRules, "isPaused" | "admit">;
  readonly runner: RequestRunner;
  readonly ended: EndedRecoveries;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asked each time: a reload changes them. */
  readonly live: { readonly remediation: Pick<RemediationSettings, "concurrency"> };
}

/** Runs what is queued, a few recoveries at once, and never two that have a slot in common. */
export class RecoveryWorkers {
  readonly #options: RecoveryWorkersOptions;
  readonly #running = new Map<string, Promise<void>>();
  #isStarted = false;

  constructor(options: RecoveryWorkersOptions) {
    this.#options = options;
  }

  start(): void {
    this.#isStarted = true;
  }

  /** Starts nothing more; resolves when the running recoveries have ended. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  startWaiting(): void {
    if (!this.#isStarted) return;
    const { state, live } = this.#options;
    for (const record of state.recoveries.all()) {
      if (this.#running.size >= live.remediation.concurrency) return;
      const admitted = record.state === "queued" ? this.#admit(record) : undefined;
      if (admitted !== undefined && this.#mayBegin(admitted)) this.#begin(admitted);
    }
  }

  /** The mode may have become stricter since the recovery was queued. Undefined if it is not to begin now. */
  #admit(record: RecoveryRecord): RecoveryRecord | undefined {
    const { state, rules, clock } = this.#options;
    if (state.isForeign(record.recoveryId)) return undefined;
    const admitted = rules.admit(record);
    if (admitted === record) return record;
    const dropped = { state: "expired", finishedAt: clock.now() } as const;
    if (admitted === undefined) state.deliveries.forget(record.alert);
    state.change(record.recoveryId, admitted ?? dropped);
    return admitted?.state === "queued" ? admitted : undefined;
  }

  #mayBegin(record: RecoveryRecord): boolean {
    const { state, rules } = this.#options;
    if (rules.isPaused(record)) return false;
    // Only the process that leads runs what no person asked for.
    if (!isManual(record.request) && !state.isOwner()) return false;
    const running = [...this.#running.keys()].map((recoveryId) => state.recoveries.get(recoveryId));
    return !running.some((other) => other !== undefined && overlaps(record.target, other.target));
  }

  #begin(record: RecoveryRecord): void {
    const { state, clock } = this.#options;
    state.change(record.recoveryId, { state: "running", startedAt: clock.now() });
    const run = this.#run(record).finally(() => {
      this.#running.delete(record.recoveryId);
      this.startWaiting();
    });
    this.#running.set(record.recoveryId, run);
  }

  async #run(record: RecoveryRecord): Promise<void> {
    const { state, clock, logger } = this.#options;
    const change = await this.#attempt(record);
    state.change(record.recoveryId, { ...change, finishedAt: clock.now() });
    state.recoveries.forgetEnded(mostEndedRecoveries);
    logger.info({ recoveryId: record.recoveryId, state: change.state }, "remediation.ended");
    state.save();
  }

  /**
   * Forgets the delivery of a dry run, of a run that failed, and of one that a passing condition refused: the alert's next
   * repeat tries again.
   */
  async #attempt(record: RecoveryRecord): Promise<Pick<RecoveryRecord, "state" | "report" | "error">> {
    const { state, runner, ended, clock } = this.#options;
    try {
      const report = await runner.run(record.request);
      if (report.dryRun || isRetryable(report)) state.deliveries.forget(record.alert);
      if (!report.dryRun && record.request.slotId !== undefined) ended.note(record.target, clock.now());
      return { state: "finished", report, error: undefined };
    } catch (thrown) {
      state.deliveries.forget(record.alert);
      return { state: "failed", report: undefined, error: asError(thrown).message };
    }
  }
}
