import type { Approval } from "../../src/remediation/queue/recovery-queue.ts";
import type { WebhookDecision } from "../../src/remediation/alerts/webhook-decision.ts";

/**
 * The way from alerts to recoveries: this host's own queue, or a fleet's. One suite of tests runs over both.
 */
export interface RecoveryPath {
  /** Accepted alerts survive a restart of everything on the way. */
  receive(payload: unknown): PathReceipt | Promise<PathReceipt>;
  decide(approval: Omit<Approval, "at">): PathDecision | Promise<PathDecision>;
  /** Newest first. */
  list(): readonly PathRecovery[] | Promise<readonly PathRecovery[]>;
}

type PathReceipt =
  | {
      readonly kind: "accepted";
      readonly decisions: readonly { readonly fingerprint: string; readonly decision: WebhookDecision }[];
    }
  | { readonly kind: "malformed"; readonly detail: string }
  /** The sender is to try again. */
  | { readonly kind: "overloaded" | "not_ready" | "not_leader" | "unavailable" }
  | { readonly kind: "disabled" };

type PathDecision =
  { readonly kind: "done" } | { readonly kind: "not_found" } | { readonly kind: "not_waiting" };

interface PathRecovery {
  readonly recoveryId: string;
  readonly state: string;
  /** `targetKey` of what the recovery covers. */
  readonly target: string;
}
