import { asOneOf } from "../../platform/stored-fields.ts";
export const alertStatuses = ["firing", "resolved"] as const;
export type AlertStatus = (typeof alertStatuses)[number];

/** A map, not an object: a label named `__proto__` is then a label like any other. */
export type Labels = ReadonlyMap<string, string>;

export interface Alert {
  /** Of this alert: a firing group can hold resolved ones. */
  readonly status: AlertStatus;
  readonly fingerprint: string;
  readonly startsAt: Date;
  readonly labels: Labels;
}

export interface Notification {
  readonly alerts: readonly Alert[];
  readonly groupLabels: Labels;
  /** Alerts that `max_alerts` of the sender left out. */
  readonly truncatedAlerts: number;
}

export type NotificationParsing =
  | { readonly kind: "valid"; readonly notification: Notification }
  | { readonly kind: "invalid"; readonly detail: string };

export const notificationLimits = {
  alertCount: 10_000,
  alertNameLength: 256,
  fingerprintLength: 256,
} as const;

/** Of Alertmanager, and of Grafana's own alerting, whose payload has the same fields and more. */
const knownVersions: readonly unknown[] = ["4", "1"];
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/;
const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

class InvalidNotification extends Error {}

/** What records and pages call an alert: its name, if that is a short text of one line. */
export function alertNameOf(labels: Labels): string | undefined {
  const name = labels.get("alertname");
  return name !== undefined && isShortText(name, notificationLimits.alertNameLength) ? name : undefined;
}

/** Reads the webhook payload of Alertmanager, and of Grafana's own alerting. Fields that nothing here needs are ignored. */
export function parseNotification(payload: unknown): NotificationParsing {
  try {
    return { kind: "valid", notification: readNotification(payload) };
  } catch (error) {
    if (error instanceof InvalidNotification) return { kind: "invalid", detail: error.message };
    throw error;
  }
}

function readNotification(payload: unknown): Notification {
  const fields = readFields(payload, "payload");
  if (!knownVersions.includes(fields.get("version"))) {
    throw new InvalidNotification('version: expected "4" (Alertmanager) or "1" (Grafana)');
  }
  const alerts = fields.get("alerts");
  if (!Array.isArray(alerts)) throw new InvalidNotification("alerts: expected an array");
  if (alerts.length > notificationLimits.alertCount) {
    throw new InvalidNotification(`alerts: more than ${notificationLimits.alertCount}`);
  }
  return {
    alerts: alerts.map((alert: unknown, index) => readAlert(alert, `alerts[${index}]`)),
    groupLabels: readLabels(fields.get("groupLabels") ?? {}, "groupLabels"),
    truncatedAlerts: readCount(fields.get("truncatedAlerts") ?? 0, "truncatedAlerts"),
  };
}

function readAlert(value: unknown, where: string): Alert {
  const fields = readFields(value, where);
  const status = asOneOf(alertStatuses, fields.get("status"));
  if (status === undefined) throw new InvalidNotification(`${where}.status: expected firing or resolved`);
  const fingerprint = readFingerprint(fields.get("fingerprint"), `${where}.fingerprint`);
  const startsAt = readTime(fields.get("startsAt"), `${where}.startsAt`);
  return { status, fingerprint, startsAt, labels: readLabels(fields.get("labels"), `${where}.labels`) };
}

/** Any text: it is only compared, and is never part of a path or a command. */
function readFingerprint(value: unknown, where: string): string {
  if (typeof value === "string" && isShortText(value, notificationLimits.fingerprintLength)) return value;
  throw new InvalidNotification(`${where}: expected a short text without control characters`);
}

function isShortText(text: string, maxLength: number): boolean {
  return text !== "" && text.length <= maxLength && !controlCharacter.test(text);
}

function readFields(value: unknown, where: string): ReadonlyMap<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidNotification(`${where}: expected an object`);
  }
  return new Map<string, unknown>(Object.entries(value));
}

/**
 * Labels that are any text, as they are to Prometheus: one of another alert in the group must not keep a slot from being
 * repaired. The size of the body bounds them.
 */
function readLabels(value: unknown, where: string): Labels {
  const labels = new Map<string, string>();
  for (const [name, text] of readFields(value, where)) {
    if (typeof text !== "string") throw new InvalidNotification(`${where}: a value is not a string`);
    labels.set(name, text);
  }
  return labels;
}

function readCount(value: unknown, where: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidNotification(`${where}: expected a whole number`);
}

function readTime(value: unknown, where: string): Date {
  const instant = typeof value === "string" && timePattern.test(value) ? new Date(value) : undefined;
  if (instant !== undefined && !Number.isNaN(instant.getTime())) return instant;
  throw new InvalidNotification(`${where}: expected a time like 2026-01-31T12:00:00Z`);
}
