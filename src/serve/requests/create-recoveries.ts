import type { Recoveries } from "../../http/http-dependencies.ts";
import { resolveRecoveryOptions } from "../../recovery/plan/recovery-options.ts";
import { approvalExpiresAt } from "../../remediation/approvals/approval-expiry.ts";
import type { RecoveryRecord } from "../../remediation/queue/recovery-queue.ts";
import type { Remediation } from "../../remediation/remediation.ts";
import type { Recovery } from "../../views/recovery.ts";
import type { JournalFeed } from "../journal/journal-feed.ts";
import type { LiveConfig } from "../config/live-config.ts";

/** The queue's recoveries and the journal's runs, as the API and the page show them. */
export function createRecoveries(
  remediation: Remediation,
  live: LiveConfig,
  journalFeed: Pick<JournalFeed, "run" | "runs">,
): Recoveries {
  const describe = (record: RecoveryRecord): Recovery => {
    const recovery = describeRecovery(record, approvalExpiresAt(record, live.config.remediation));
    // The report comes when the run has ended; until then the journal tells of its steps.
    const journaled = record.report === undefined ? journalFeed.run(record.recoveryId) : undefined;
    return journaled === undefined ? recovery : { ...recovery, actions: journaled.actions };
  };
  return {
    list: () => {
      const queued = remediation.list().map(describe);
      const known = new Set(queued.map(({ recoveryId }) => recoveryId));
      const journaled = journalFeed.runs().filter(({ recoveryId }) => !known.has(recoveryId));
      return [...queued, ...journaled].toSorted((a, b) => b.requestedAt.getTime() - a.requestedAt.getTime());
    },
    get: (recoveryId) => {
      const record = remediation.get(recoveryId);
      return record === undefined ? journalFeed.run(recoveryId) : describe(record);
    },
    submit: async (submission) => {
      const outcome = await remediation.submit(submission);
      if (outcome.kind !== "planned") return outcome;
      return { kind: "planned", recovery: describe(outcome.record) };
    },
    decide: (approval) => remediation.decide(approval),
  };
}

function describeRecovery(record: RecoveryRecord, expiresAt: Date | undefined): Recovery {
  const { request, report, state } = record;
  return {
    recoveryId: record.recoveryId,
    task: request.task ?? "recover",
    status: state,
    trigger: request.trigger,
    requestedBy: request.requestedBy,
    slotId: request.slotId,
    dryRun: resolveRecoveryOptions(request.options).dryRun,
    requestedAt: record.queuedAt,
    finishedAt: record.finishedAt,
    expiresAt,
    actions: report?.actions ?? [],
    errors: report?.errors ?? (record.error === undefined ? [] : [record.error]),
  };
}
