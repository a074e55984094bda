import type { Snapshot } from "../anomalies/snapshot.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { RecoveryOptionsInput } from "../recovery/plan/recovery-options.ts";
import type { ActionReport } from "../recovery/recovery-report.ts";
import type { Pause } from "../recovery/guards/pauses.ts";
import type { Trigger } from "../journal/trigger.ts";
import type { AlertStatus } from "../remediation/notification.ts";
import type { RecoveryState } from "../remediation/recovery-queue.ts";
import type { PoolOperations } from "./pool-operations.ts";
import type { WebhookDecision, WebhookRejection } from "../remediation/webhook-decision.ts";

/** Everything the routes can do, as functions given to them; they translate between these and HTTP. */
export interface HttpDependencies {
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined before the first collection has ended. */
  snapshot(): Snapshot | undefined;
  /** The JSON of `check --json`. */
  checkReport(snapshot: Snapshot): unknown;
  readonly exposition: Exposition;
  isReady(): boolean;
  isRemediationEnabled(): boolean;
  receiveAlerts(payload: unknown): AlertsReceipt | Promise<AlertsReceipt>;
  /** Counts a request with wrong credentials. */
  onWrongCredentials(method: "bearer" | "basic"): void;
  /** Counts a webhook post that was not accepted. */
  onRejected(reason: WebhookRejection): void;
  readonly recoveries: Recoveries;
  readonly operations: PoolOperations;
  isolate(request: IsolationRequest): Promise<SlotChange>;
  pauses(): readonly Pause[];
  pause(request: Pause): PauseOutcome | Promise<PauseOutcome>;
  resume(request: {
    readonly name: string;
    readonly operator: string;
  }): ResumeOutcome | Promise<ResumeOutcome>;
  reload(request: { readonly operator: string }): Promise<ReloadOutcome>;
  salvages(): readonly Salvage[] | Promise<readonly Salvage[]>;
}

export interface Exposition {
  render(request: { accept?: string; acceptEncoding?: string }): Promise<RenderedExposition>;
}

export interface RenderedExposition {
  readonly contentType: string;
  readonly contentEncoding: "gzip" | undefined;
  readonly body: Buffer;
}

export type AlertsReceipt =
  | { readonly kind: "accepted"; readonly decisions: readonly AlertDecision[] }
  | { readonly kind: "malformed"; readonly detail: string }
  | { readonly kind: "overloaded" }
  | { readonly kind: "not_ready" }
  /** A gateway keeps nothing itself. */
  | { readonly kind: "queue_unavailable" }
  | { readonly kind: "disabled" };

export interface AlertDecision {
  readonly fingerprint: string;
  readonly status: AlertStatus;
  readonly decision: WebhookDecision;
  readonly slotId?: string;
  readonly pool?: string;
  readonly recoveryId?: string;
  readonly detail?: string;
}

export interface Recoveries {
  /** Newest first: running, waiting and past ones. */
  list(): readonly Recovery[] | Promise<readonly Recovery[]>;
  get(recoveryId: string): Recovery | undefined | Promise<Recovery | undefined>;
  /** A dry run is answered with its plan; anything else is queued. */
  submit(submission: RecoverySubmission): Promise<SubmissionOutcome>;
  approve(request: ApprovalRequest): Promise<ApprovalOutcome>;
  reject(request: ApprovalRequest): Promise<ApprovalOutcome>;
}

export interface Recovery {
  readonly recoveryId: string;
  readonly status: RecoveryState;
  readonly trigger: Trigger;
  readonly requestedBy: string;
  /** Undefined where the run covers pools. */
  readonly slotId: string | undefined;
  readonly dryRun: boolean;
  readonly requestedAt: Date;
  readonly finishedAt: Date | undefined;
  /** Only while it waits for approval. */
  readonly expiresAt: Date | undefined;
  readonly actions: readonly ActionReport[];
  readonly errors: readonly string[];
}

export interface RecoverySubmission {
  readonly slotId: string | undefined;
  readonly force: boolean;
  readonly options: RecoveryOptionsInput;
  readonly operator: string;
}

export type SubmissionOutcome =
  | { readonly kind: "queued"; readonly recoveryId: string }
  | { readonly kind: "planned"; readonly recovery: Recovery }
  | { readonly kind: "not_found" }
  | { readonly kind: "refused"; readonly reason: string; readonly detail: string }
  | { readonly kind: "overloaded" }
  | { readonly kind: "not_ready" };

export interface ApprovalRequest {
  readonly recoveryId: string;
  readonly operator: string;
}

export type ApprovalOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "not_found" }
  | { readonly kind: "not_waiting"; readonly status: RecoveryState };

export interface IsolationRequest {
  readonly slotId: string;
  readonly reason: string;
  readonly operator: string;
}

export type SlotChange =
  | { readonly kind: "done" }
  | { readonly kind: "not_found" }
  | { readonly kind: "refused"; readonly reason: string; readonly detail: string };

export type PauseOutcome = { readonly kind: "paused" | "duplicate" | "full" | "not_found" };
export type ResumeOutcome = { readonly kind: "resumed" } | { readonly kind: "not_found" };
/** `restartNeeded` names the keys whose change waits for a restart. */
export type ReloadOutcome =
  | { readonly kind: "reloaded"; readonly restartNeeded: readonly string[] }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

export interface Salvage {
  readonly id: string;
  readonly slotId: string;
  readonly repoName: string;
  readonly createdAt: Date;
  readonly reason: string;
  readonly bytes: number;
  readonly path: string;
  readonly complete: boolean;
  /** For a shell; `DIR` is the operator's to choose. */
  readonly restoreCommand: string;
}
