import { createHash } from "node:crypto";
import {
  approvalDecisions,
  deliveryKey,
  type ApprovalDecision,
} from "../remediation/queue/recovery-queue.ts";
import type { Alert } from "../remediation/alerts/notification.ts";
import { storableText } from "./storable-text.ts";
import { asOneOf } from "../platform/stored-fields.ts";

const schemaVersion = 1;

/** What a gateway sends to a host. */
export type Delivery =
  | { readonly kind: "alert"; readonly alert: unknown }
  | {
      readonly kind: "decision";
      readonly recoveryId: string;
      readonly decision: ApprovalDecision;
      readonly operator: string;
      /** By the database's clock. */
      readonly decidedAt: Date;
    };

/** A job as pg-boss stores it; `singletonKey` admits one of each while none has been fetched. */
export interface DeliveryJob {
  readonly data: object;
  readonly singletonKey: string;
  readonly priority: number;
}

/** People's decisions overtake alerts. */
const priorities = { alert: 0, decision: 10 } as const;

/** `target` and the alert's firing: repeats, and the same alert by way of another gateway, are one job. */
export function alertJob(sidecar: string, alert: Alert, target: string): DeliveryJob {
  const key = deliveryKey({ name: "", fingerprint: alert.fingerprint, startsAt: alert.startsAt });
  return {
    singletonKey: digest(`alert ${target} ${key}`),
    priority: priorities.alert,
    data: { schema_version: schemaVersion, kind: "alert", sidecar, alert: storedAlert(alert) },
  };
}

/** The first decision about a recovery stands. */
export function decisionJob(
  sidecar: string,
  approval: { recoveryId: string; decision: ApprovalDecision; operator: string; decidedAt: Date },
): DeliveryJob {
  const { recoveryId, decision, operator, decidedAt } = approval;
  return {
    singletonKey: digest(`decision ${recoveryId}`),
    priority: priorities.decision,
    data: {
      schema_version: schemaVersion,
      kind: "decision",
      sidecar,
      recovery_id: recoveryId,
      decision,
      operator,
      decided_at: decidedAt.toISOString(),
    },
  };
}

/** Undefined if another version wrote it, or no sidecar. */
export function parseDelivery(value: unknown): Delivery | undefined {
  const fields = new Map<string, unknown>(Object.entries(Object(value) as object));
  if (fields.get("schema_version") !== schemaVersion) return undefined;
  if (fields.get("kind") === "alert") return { kind: "alert", alert: fields.get("alert") };
  if (fields.get("kind") !== "decision") return undefined;
  const decision = asOneOf(approvalDecisions, fields.get("decision"));
  const [recoveryId, operator] = [fields.get("recovery_id"), fields.get("operator")];
  const decidedAt = new Date(String(fields.get("decided_at")));
  if (decision === undefined || typeof operator !== "string" || Number.isNaN(decidedAt.getTime()))
    return undefined;
  // It becomes the name of a file on the host.
  if (typeof recoveryId !== "string" || !isRecoveryId(recoveryId)) return undefined;
  return { kind: "decision", recoveryId, decision, operator, decidedAt };
}

function isRecoveryId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

/** In the form of Alertmanager's payload, which the host parses again. */
function storedAlert({ status, fingerprint, startsAt, labels }: Alert): object {
  const stored = [...labels].map(([name, text]) => [storableText(name), storableText(text)]);
  return {
    status,
    fingerprint,
    startsAt: startsAt.toISOString(),
    labels: Object.fromEntries(stored) as object,
  };
}

/** Labels can be longer than an index of PostgreSQL takes. */
function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
