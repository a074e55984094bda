import type { Approval, RecoveryState } from "../../remediation/queue/recovery-queue.ts";
import type { Recovery } from "../../views/recovery.ts";
import type { CommonDependencies } from "../http-dependencies.ts";

/** Everything a gateway's routes can do. What asks PostgreSQL rejects with 503 `queue_unavailable` while it is away. */
export interface GatewayDependencies extends CommonDependencies {
  fleet(): Promise<Fleet>;
  /** False if there is no such host. */
  forgetHost(request: { readonly sidecar: string; readonly operator: string }): Promise<boolean>;
  readonly recoveries: FleetRecoveries;
}

export interface FleetRecoveries {
  /** Newest first, of all hosts. */
  list(): Promise<readonly FleetRecovery[]>;
  get(recoveryId: string): Promise<FleetRecovery | undefined>;
  decide(approval: Omit<Approval, "at">): Promise<FleetDecision>;
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

export type FleetRecoveryState = RecoveryState | "not_found";

export interface FleetRecovery extends Omit<Recovery, "status"> {
  readonly sidecar: string;
  readonly status: FleetRecoveryState;
  /** `all`, `reclaim`, `pool:NAME` or `slot:SLOT_ID`. */
  readonly target: string;
}

export type FleetDecision =
  /** On its way to the host, which has the last word. */
  | { readonly kind: "done"; readonly sidecar: string }
  | { readonly kind: "not_found" }
  | { readonly kind: "not_waiting"; readonly state: FleetRecoveryState };
