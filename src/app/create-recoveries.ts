import type { ApprovalOutcome, Recoveries, Recovery } from "../http/http-dependencies.ts";
import { resolveRecoveryOptions } from "../recovery/recovery-options.ts";
import type { Approval, RecoveryRecord } from "../remediation/recovery-queue.ts";
import type { Remediation } from "../remediation/remediation.ts";
import type { LiveConfig } from "./live-config.ts";

/** The queue's recoveries as the API and the page show them. */
export function createRecoveries(remediation: Remediation, live: LiveConfig): Recoveries {
  const describe = (record: RecoveryRecord): Recovery =>
    describeRecovery(record, live.config.remediation.approvalTimeoutSeconds);
  const decide = (approval: Omit<Approval, "at">): ApprovalOutcome => {
    const outcome = remediation.decide(approval);
    return outcome.kind === "not_waiting" ? { kind: "not_waiting", status: outcome.state } : outcome;
  };
  return {
    list: () => remediation.list().map(describe),
    get: (recoveryId) => {
      const record = remediation.get(recoveryId);
      return record === undefined ? undefined : describe(record);
    },
    submit: async (submission) => {
      const outcome = await remediation.submit(submission);
      if (outcome.kind !== "planned") return outcome;
      return { kind: "planned", recovery: describe(outcome.record) };
    },
    approve: (request) => Promise.resolve(decide({ ...request, decision: "approve" })),
    reject: (request) => Promise.resolve(decide({ ...request, decision: "reject" })),
  };
}

function describeRecovery(record: RecoveryRecord, approvalTimeoutSeconds: number): Recovery {
  const { request, report, state } = record;
  const expiresAt = new Date(record.queuedAt.getTime() + approvalTimeoutSeconds * 1000);
  return {
    recoveryId: record.recoveryId,
    status: state,
    trigger: request.trigger,
    requestedBy: request.requestedBy,
    slotId: request.slotId,
    dryRun: resolveRecoveryOptions(request.options).dryRun,
    requestedAt: record.queuedAt,
    finishedAt: record.finishedAt,
    expiresAt: state === "waiting_for_approval" ? expiresAt : undefined,
    actions: report?.actions ?? [],
    errors: report?.errors ?? (record.error === undefined ? [] : [record.error]),
  };
}
