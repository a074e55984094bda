import type { Snapshot } from "../anomalies/snapshot.ts";
import type { ExpositionRequest, RenderedExposition } from "../metrics/exposition.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { WindowState } from "../schedule/cron-windows.ts";
import type { Pause, PauseOutcome, ResumeOutcome } from "../recovery/guards/pauses.ts";
import type { RemediationMode } from "../remediation/alerts/policy.ts";
import type { Approval, ApprovalOutcome } from "../remediation/queue/recovery-queue.ts";
import type { AlertDecision, AlertsReceipt } from "../remediation/alerts/alert-intake.ts";
import type { RecoverySubmission, SubmissionOutcome } from "../remediation/remediation.ts";
import type { WebhookRejection } from "../remediation/alerts/webhook-decision.ts";
import type { CheckReport } from "../views/check-report.ts";
import type { Recovery } from "../views/recovery.ts";
import type { Salvage } from "../views/salvage.ts";
import type { PoolOperations } from "./pool-operations.ts";

/** What the routes of every role need. */
export interface CommonDependencies {
  readonly version: string;
  /** Where the Markdown of the runbooks is. */
  readonly runbooksDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly exposition: Exposition;
  /** Undefined when ready, else the reason why not. */
  notReadyReason(): string | undefined;
  isRemediationEnabled(): boolean;
  receiveAlerts(payload: unknown): WebhookReceipt | Promise<WebhookReceipt>;
  /** Counts a request with wrong credentials. */
  onWrongCredentials(method: "bearer" | "basic"): void;
  /** Counts a webhook post that was not accepted. */
  onRejected(reason: WebhookRejection): void;
}

/** Everything the routes of a sidecar can do, as functions given to them; they translate between these and HTTP. */
export interface HttpDependencies extends CommonDependencies {
  /** Undefined before the first collection has ended. */
  snapshot(): Snapshot | undefined;
  /** The JSON of `check --json`. */
  checkReport(snapshot: Snapshot): CheckReport;
  readonly recoveries: Recoveries;
  readonly operations: PoolOperations;
  /** What runs that no person started may do. */
  recoveryMode(): RemediationMode;
  /** False while another process of the state directory acts unattended and answers alerts. */
  isLeader(): boolean;
  maintenanceWindows(): readonly WindowState[];
  pauses(): readonly Pause[];
  pause(request: Pause): MaybePromise<PauseOutcome | { readonly kind: "not_found" }>;
  resume(request: { readonly name: string; readonly operator: string }): MaybePromise<ResumeOutcome>;
  reload(request: { readonly operator: string }): Promise<ReloadOutcome>;
  /** The program with these words and the places that it uses, for any shell in any directory. */
  readonly commandLine: (...words: readonly string[]) => string;
  /** Oldest first. */
  salvages(): MaybePromise<readonly Salvage[]>;
}

export interface Exposition {
  render(request: ExpositionRequest): Promise<RenderedExposition>;
}

type MaybePromise<Value> = Value | Promise<Value>;

/** The answer of a host, or of a gateway, to a notification. */
export type WebhookReceipt =
  | {
      readonly kind: "accepted";
      readonly decisions: readonly (AlertDecision & { readonly sidecar?: string })[];
    }
  | Exclude<AlertsReceipt, { readonly kind: "accepted" }>
  | { readonly kind: "queue_unavailable" };

export interface Recoveries {
  /** Newest first: running, waiting and past ones. */
  list(): MaybePromise<readonly Recovery[]>;
  get(recoveryId: string): MaybePromise<Recovery | undefined>;
  /** A dry run is answered with its plan; anything else is queued. */
  submit(submission: RecoverySubmission): Promise<PlannedOutcome>;
  decide(approval: Omit<Approval, "at">): MaybePromise<ApprovalOutcome>;
}

export type PlannedOutcome =
  | Exclude<SubmissionOutcome, { readonly kind: "planned" }>
  | { readonly kind: "planned"; readonly recovery: Recovery };

/** `restartNeeded` names the keys whose change waits for a restart. */
export type ReloadOutcome =
  | { readonly kind: "reloaded"; readonly restartNeeded: readonly string[] }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };
