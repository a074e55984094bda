import type { Snapshot } from "../anomalies/snapshot.ts";
import type { Clock } from "../platform/clock.ts";
import { asError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import type { PausePolicy } from "../recovery/guards/pause-policy.ts";
import type {
  Pause,
  PauseOutcome,
  Pauses,
  PausableTarget,
  ResumeOutcome,
} from "../recovery/guards/pauses.ts";
import type { RecoveryOptionsInput } from "../recovery/plan/recovery-options.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";
import { AlertIntake, type AlertDecision, type AlertsReceipt } from "./alerts/alert-intake.ts";
import { LocalQueue } from "./queue/local-queue.ts";
import { EndedRecoveries } from "./queue/ended-recoveries.ts";
import { inventoryOf } from "./inventory.ts";
import type { RemediationSettings } from "./alerts/policy.ts";
import type { Approval, ApprovalOutcome, RecoveryRecord } from "./queue/recovery-queue.ts";
import type { RequestRunner } from "./queue/recovery-workers.ts";
import { pausableTarget, refuseBySource, targetKey, type RecoveryTarget } from "./alerts/select-target.ts";
import type { SnapshotSource } from "./snapshot-source.ts";
import { createTargetRequest } from "./target-request.ts";

/** How often other processes' decisions, expired approvals and ended pauses are noticed. */
const refreshMilliseconds = 1000;

export interface RemediationOptions {
  /** Asked each time: a reload changes them. */
  readonly live: { readonly remediation: RemediationSettings };
  readonly pauses: Pauses;
  readonly pausePolicy: Pick<PausePolicy, "findPause">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly collector: SnapshotSource;
  readonly runner: RequestRunner;
  /** Undefined keeps everything in memory. */
  readonly stateDir: string | undefined;
  /** False while another process of this state directory answers alerts. */
  readonly leadership: { isLeader(): boolean };
  onDecision?(decision: AlertDecision): void;
  /** Called with what a person did that is no recovery itself. */
  onOperatorAction?(action: OperatorAction): void;
}

/** A person's act that is no recovery itself. */
export interface OperatorAction {
  readonly action: "approve" | "reject" | "pause" | "resume";
  readonly operator: string;
  readonly detail: string;
  readonly recoveryId?: string;
}

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

/** Turns alerts, and what people ask for over HTTP, into queued recoveries. */
export class Remediation {
  readonly #options: RemediationOptions;
  readonly #queue: LocalQueue;
  readonly #intake: AlertIntake;
  #stopping = new AbortController();

  /** @throws CodedError `QUEUE_FILE_INVALID`, `STORED_FILE_NEWER` */
  constructor(options: RemediationOptions) {
    this.#options = options;
    const ended = new EndedRecoveries();
    this.#queue = new LocalQueue({ ...options, ended });
    this.#intake = new AlertIntake({ ...options, ended, queue: this.#queue });
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

  /** Alertmanager's webhook. */
  receive(payload: unknown): AlertsReceipt {
    return this.#intake.receive(payload);
  }

  /** What a person asks for. A dry run is answered with its report; anything else is queued. */
  async submit(submission: RecoverySubmission): Promise<SubmissionOutcome> {
    const { collector, live, pausePolicy } = this.#options;
    const snapshot = collector.snapshot();
    if (snapshot === undefined) return { kind: "not_ready" };
    const target = submissionTarget(submission, snapshot);
    const unmanaged = describeUnmanaged(submission, snapshot);
    if (unmanaged !== undefined) return unmanaged;
    if (target === undefined) return { kind: "not_found" };
    const { options, force, operator } = submission;
    const { lockTimeoutSeconds } = live.remediation;
    const origin = { trigger: "api", requestedBy: operator, force } as const;
    const request = createTargetRequest(target, origin, { options, lockTimeoutSeconds });
    if (request.options.dryRun) return { kind: "planned", record: await this.#plan(request, target) };
    const paused = pausePolicy.findPause(pausableTarget(target), "api");
    if (paused !== undefined) return { kind: "refused", reason: "paused", detail: paused };
    return this.#enqueue(request, target);
  }

  /** Queues a scheduled run for approval. False if this process does not lead, or if the queue is full. */
  awaitApproval(request: RecoveryRequest): boolean {
    if (!this.#options.leadership.isLeader()) return false;
    const target = targetKey({ kind: request.task === "reclaim" ? "reclaim" : "all" });
    const nomination = { request, target, policy: undefined, alert: undefined, mode: "approve" } as const;
    const outcome = this.#queue.enqueue(nomination);
    this.#queue.commit();
    return outcome.kind === "queued";
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

  /** Recoveries that wait for a person. */
  approvalCount(): number {
    return this.#queue.list().filter(({ state }) => state === "waiting_for_approval").length;
  }

  decide(approval: Omit<Approval, "at">): ApprovalOutcome {
    const outcome = this.#queue.decide({ ...approval, at: this.#options.clock.now() });
    const { recoveryId, operator, decision } = approval;
    if (outcome.kind === "done")
      this.#options.onOperatorAction?.({ action: decision, operator, recoveryId, detail: "" });
    return outcome;
  }

  isLeader(): boolean {
    return this.#options.leadership.isLeader();
  }

  pauses(): readonly Pause[] {
    return this.#options.pauses.list(this.#options.clock.now());
  }

  async pause(pause: Pause): Promise<PauseOutcome | { readonly kind: "not_found" }> {
    if (!this.#isKnown(pause)) return { kind: "not_found" };
    const outcome = await this.#options.pauses.pause(pause, this.#options.clock.now());
    const detail = `${pause.name}: ${pause.reason}`;
    if (outcome.kind === "paused")
      this.#options.onOperatorAction?.({ action: "pause", operator: pause.operator, detail });
    return outcome;
  }

  async resume({ name, operator }: { name: string; operator: string }): Promise<ResumeOutcome> {
    const outcome = await this.#options.pauses.resume(name, this.#options.clock.now());
    if (outcome.kind === "resumed")
      this.#options.onOperatorAction?.({ action: "resume", operator, detail: name });
    this.#queue.refresh();
    return outcome;
  }

  #enqueue(request: RecoveryRequest, target: RecoveryTarget): SubmissionOutcome {
    const nomination = { request, target: targetKey(target), policy: undefined, alert: undefined };
    const outcome = this.#queue.enqueue({ ...nomination, mode: "live" });
    this.#queue.commit();
    if (outcome.kind === "full") return { kind: "overloaded" };
    if (outcome.kind === "queued") return outcome;
    const detail = `recovery ${outcome.recoveryId ?? ""} already covers it`;
    return { kind: "refused", reason: "duplicate", detail };
  }

  async #plan(request: RecoveryRequest, target: RecoveryTarget): Promise<RecoveryRecord> {
    const { clock, runner } = this.#options;
    const queuedAt = clock.now();
    const report = await runner.run(request);
    return {
      recoveryId: request.recoveryId,
      state: "finished",
      request,
      target: targetKey(target),
      policy: undefined,
      alert: undefined,
      queuedAt,
      startedAt: queuedAt,
      finishedAt: clock.now(),
      report,
      error: undefined,
      by: undefined,
    };
  }

  /** A pause of a pool or slot that does not exist would have no effect, and nobody would notice. */
  #isKnown({ pool, slotId }: PausableTarget): boolean {
    const snapshot = this.#options.collector.snapshot();
    if (snapshot === undefined) return true;
    const { pools, sourcePools, slots } = inventoryOf(snapshot);
    const isPool = pool === undefined || pools.has(pool) || sourcePools.has(pool);
    return isPool && (slotId === undefined || slots.has(slotId));
  }

  async #refreshUntil(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      try {
        this.#queue.refresh();
      } catch (thrown) {
        logger.error({ error: asError(thrown).message }, "remediation.refresh_failed");
      }
      await clock.sleep(refreshMilliseconds, signal).catch(() => undefined);
    }
  }
}

/** Why no step applies; undefined if one may. For a source, a person has to name a slot, and the source must allow a step. */
function describeUnmanaged(
  { slotId, options }: RecoverySubmission,
  snapshot: Snapshot,
): SubmissionOutcome | undefined {
  const inventory = inventoryOf(snapshot);
  const refuse = (why: string) =>
    ({ kind: "refused", reason: "unsupported", detail: `no step applies here: ${why}` }) as const;
  if (slotId !== undefined) {
    const why = refuseBySource(slotId, inventory.slots.get(slotId) ?? "", inventory);
    return why === undefined ? undefined : refuse(why);
  }
  const source = inventory.sourcePools.get(options.pool ?? "")?.source;
  if (source !== undefined)
    return refuse(`${options.pool ?? ""} is of the source ${source}; name one of its slots`);
  return options.pool === undefined && snapshot.inventory.isWatched === false
    ? refuse("no pool manager's slots are watched")
    : undefined;
}

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
