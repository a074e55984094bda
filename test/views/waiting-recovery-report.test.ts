import { expect, test } from "vitest";
import { resolveRecoveryOptions } from "../../src/recovery/plan/recovery-options.ts";
import type { Approval, RecoveryRecord } from "../../src/remediation/queue/recovery-queue.ts";
import type { ActionReport } from "../../src/recovery/recovery-report.ts";
import { reportActions } from "../../src/recovery/plan/report-plan.ts";
import { createWaitingRecoveryReport } from "../../src/views/waiting-recovery-report.ts";

const queuedAt = new Date("2026-05-04T12:00:00Z");

function aRecord(given: Partial<RecoveryRecord> = {}): RecoveryRecord {
  return {
    recoveryId: "r1",
    state: "waiting_for_approval",
    request: {
      recoveryId: "r1",
      trigger: "alert",
      requestedBy: "RepoPoolSlotCorrupted",
      slotId: "workspace-demo-slot1",
      force: false,
      options: resolveRecoveryOptions({ dryRun: true }),
    },
    target: "slot workspace-demo-slot1",
    policy: undefined,
    alert: undefined,
    queuedAt,
    startedAt: undefined,
    finishedAt: undefined,
    report: undefined,
    error: undefined,
    by: undefined,
    ...given,
  };
}

function report(record: RecoveryRecord, decided?: Approval) {
  return createWaitingRecoveryReport(record, { approvalTimeoutSeconds: 600, decided });
}

const approval: Approval = { recoveryId: "r1", decision: "approve", operator: "ann", at: queuedAt };

test("what waits for approval says when it stops waiting", () => {
  expect(report(aRecord())).toMatchObject({
    id: "r1",
    status: "waiting_for_approval",
    dry_run: true,
    queued_at: "2026-05-04T12:00:00.000Z",
    expires_at: "2026-05-04T12:10:00.000Z",
  });
});

test.each([
  ["approve", "queued"],
  ["reject", "rejected"],
] as const)("a decision to %s that serve has not taken yet counts already", (decision, status) => {
  expect(report(aRecord(), { ...approval, decision })).toMatchObject({ status, expires_at: null });
});

test("what runs does not expire, and no late decision changes it", () => {
  expect(report(aRecord({ state: "running" }), approval)).toMatchObject({
    status: "running",
    expires_at: null,
  });
});

test("what waits for approval tells its plan, and null before it is made", () => {
  expect(report(aRecord()).plan).toBeNull();
  const step: ActionReport = {
    ...{ slotId: "workspace-demo-slot1", repoName: "demo", action: "reclone", outcome: "planned" },
    ...{ reason: "git_missing", detail: "", durationSeconds: 0, purpose: "repair", endsWhen: "check_passes" },
  };
  expect(report(aRecord({ report: reportActions([step], []) })).plan).toEqual([
    {
      ...{ slot_id: "workspace-demo-slot1", action: "reclone", outcome: "planned", reason: "git_missing" },
      ...{ detail: "", duration_seconds: 0, purpose: "repair", ends_when: "check_passes" },
    },
  ]);
});
