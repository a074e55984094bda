import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { WebhookRejection } from "../../remediation/webhook-decision.ts";
import type { AlertsReceipt, ApprovalRequest, Exposition, Recovery } from "../http-dependencies.ts";

/** Everything a gateway's routes can do. What asks PostgreSQL rejects with 503 `queue_unavailable` while it is away. */
export interface GatewayDependencies {
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly exposition: Exposition;
  /** True while PostgreSQL answers. */
  isReady(): boolean;
  receiveAlerts(payload: unknown): Promise<AlertsReceipt>;
  /** Counts requests whose credentials were wrong. */
  onWrongCredentials(method: "bearer" | "basic"): void;
  /** Counts a webhook post that was not accepted. */
  onRejected(reason: WebhookRejection): void;
  fleet(): Promise<Fleet>;
  /** False where there is no such host. */
  forgetHost(request: { readonly sidecar: string; readonly operator: string }): Promise<boolean>;
  /** Newest first, of all hosts. */
  recoveries(): Promise<readonly FleetRecovery[]>;
  recovery(recoveryId: string): Promise<FleetRecovery | undefined>;
  approve(request: ApprovalRequest): Promise<FleetApproval>;
  reject(request: ApprovalRequest): Promise<FleetApproval>;
}

export interface Fleet {
  readonly hosts: readonly FleetHost[];
  /** Pools that several hosts have: an alert about one must carry the host's registered `instance`. */
  readonly sharedPools: readonly string[];
  /** Instances that several hosts have registered: an alert with one reaches none of them. */
  readonly sharedInstances: readonly string[];
}

export interface FleetHost {
  readonly sidecar: string;
  readonly instance: string | undefined;
  readonly version: string;
  readonly pools: readonly string[];
  readonly registeredAt: Date;
  readonly heartbeatAt: Date;
  readonly heartbeatAgeSeconds: number;
  readonly queueDepth: number;
  readonly oldestQueuedAt: Date | undefined;
  readonly deadLetterCount: number;
}

export interface FleetRecovery extends Omit<Recovery, "status"> {
  readonly sidecar: string;
  readonly status: string;
  /** `all`, `pool:NAME` or `slot:SLOT_ID`. */
  readonly target: string;
}

export type FleetApproval =
  /** On its way to the host, which has the last word. */
  | { readonly kind: "sent"; readonly sidecar: string }
  | { readonly kind: "not_found" }
  | { readonly kind: "not_waiting"; readonly status: string };
