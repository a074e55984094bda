import type { SidecarConfig } from "../config/sidecar-config.ts";
import type { Recoveries, Recovery } from "../http/http-dependencies.ts";
import { resolveRecoveryOptions } from "../recovery/recovery-options.ts";
import type { RecoveryRecord } from "../remediation/recovery-queue.ts";
import type { Remediation } from "../remediation/remediation.ts";

/** The queue's recoveries as the API and the page show them. */
export function createRecoveries(remediation: Remediation, config: SidecarConfig): Recoveries {
  return {
    list: () => remediation.list().map((record) => describeRecovery(record, config)),
    get: (recoveryId) => {
      const record = remediation.get(recoveryId);
      return record === undefined ? undefined : describeRecovery(record, config);
    },
    submit: async (submission) => {
      const outcome = await remediation.submit(submission);
      if (outcome.kind !== "planned") return outcome;
      return { kind: "planned", recovery: describeRecovery(outcome.record, config) };
    },
    approve: (request) => Promise.resolve(describeApproval(remediation.approve(request))),
    reject: (request) => Promise.resolve(describeApproval(remediation.reject(request))),
  };
}

function describeRecovery(record: RecoveryRecord, config: SidecarConfig): Recovery {
  const { request, report, state } = record;
  const expiresAt = new Date(record.queuedAt.getTime() + config.remediation.approvalTimeoutSeconds * 1000);
  return {
    recoveryId: record.recoveryId,
    status: state === "awaiting_approval" ? "waiting_for_approval" : state,
    trigger: request.trigger,
    requestedBy: request.requestedBy,
    slotId: request.slotId,
    dryRun: resolveRecoveryOptions(request.options).dryRun,
    requestedAt: record.queuedAt,
    finishedAt: record.finishedAt,
    expiresAt: state === "awaiting_approval" ? expiresAt : undefined,
    actions: report?.actions ?? [],
    errors: report?.errors ?? (record.error === undefined ? [] : [record.error]),
  };
}

function describeApproval(outcome: ReturnType<Remediation["approve"]>) {
  if (outcome.kind !== "not_waiting") return outcome;
  const status = outcome.state === "awaiting_approval" ? ("waiting_for_approval" as const) : outcome.state;
  return { kind: "not_waiting" as const, status };
}
