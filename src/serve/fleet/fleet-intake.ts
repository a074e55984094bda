import type { AlertIntake, DescribedAlert, HostDecision } from "../../fleet/host-queue.ts";
import { labelTarget } from "../../fleet/route-alert.ts";
import { systemClock, type Clock } from "../../platform/clock.ts";
import { ApprovalStore } from "../../remediation/approvals/approval-store.ts";
import { alertNameOf, parseNotification } from "../../remediation/alerts/notification.ts";
import type { AlertDecision } from "../../remediation/alerts/alert-intake.ts";
import type { Remediation } from "../../remediation/remediation.ts";
import { recordOperatorEvent } from "../../journal/operator-event.ts";

/** The host's own policies, guards and memory of deliveries decide, as for alerts that came to its own webhook. */
export function takeAlerts(remediation: Remediation, alerts: readonly unknown[]): AlertIntake[] {
  const receipt = remediation.receive({ version: "4", alerts });
  switch (receipt.kind) {
    case "malformed":
      // One bad alert is not to keep the others back.
      if (alerts.length > 1) return alerts.flatMap((alert) => takeAlerts(remediation, [alert]));
      return [{ kind: "taken", decision: "malformed", detail: receipt.detail }];
    case "disabled":
      return alerts.map(() => ({ kind: "taken", decision: "disabled" }));
    case "not_ready":
    case "not_leader":
    case "overloaded":
      return alerts.map(() => ({ kind: "later", detail: receipt.kind }));
    case "accepted":
      if (receipt.isSaved) return receipt.decisions.map(describeIntake);
      return alerts.map(() => ({ kind: "later", detail: "the state directory cannot be written" }));
  }
}

function describeIntake({ decision, recoveryId, detail }: AlertDecision): AlertIntake {
  return {
    kind: "taken",
    decision: decision === "not_ours" ? "not_found" : decision,
    ...(recoveryId !== undefined && { recoveryId }),
    ...(detail !== undefined && { detail }),
  };
}

/** Stored as a command of this host stores it; the queue takes it within a second. */
export function takeDecision(
  stateDir: string,
  { ageSeconds, ...given }: HostDecision,
  clock: Pick<Clock, "now"> = systemClock,
): void {
  const at = new Date(clock.now().getTime() - ageSeconds * 1000);
  if (!new ApprovalStore(stateDir).submit({ ...given, at })) return;
  const { recoveryId, decision, operator } = given;
  recordOperatorEvent(stateDir, { action: decision, operator, detail: "", recoveryId, trigger: "api" });
}

/** What an alert is about; undefined if it is no alert. */
export function describeAlert(value: unknown): DescribedAlert | undefined {
  const parsing = parseNotification({ version: "4", alerts: [value] });
  const alert = parsing.kind === "valid" ? parsing.notification.alerts[0] : undefined;
  if (alert === undefined) return undefined;
  const { fingerprint, startsAt, labels } = alert;
  return {
    alert: { name: alertNameOf(labels) ?? "", fingerprint, startsAt },
    target: labelTarget(labels),
    slotId: labels.get("slot"),
  };
}
