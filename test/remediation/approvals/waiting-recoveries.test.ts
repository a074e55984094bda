import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Journal } from "../../../src/journal/journal.ts";
import { reportActions } from "../../../src/recovery/plan/report-plan.ts";
import type { RecoveryReport } from "../../../src/recovery/recovery-report.ts";
import { resolveRecoveryOptions } from "../../../src/recovery/plan/recovery-options.ts";
import { queueFileAt } from "../../../src/remediation/queue/queue-file.ts";
import type {
  Approval,
  RecoveryRecord,
  RecoveryState,
} from "../../../src/remediation/queue/recovery-queue.ts";
import {
  readWaitingRecoveries,
  submitDecision,
} from "../../../src/remediation/approvals/waiting-recoveries.ts";

const recoveryId = "3f2a9c1e-7b64-4d0b-9a51-0c8d2f6e4b17";
const queuedAt = new Date("2026-05-04T12:00:00Z");
const inTime = new Date("2026-05-04T12:09:59Z");
let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "waiting-recoveries-"));
});
afterEach(() => {
  rmSync(stateDir, { recursive: true, force: true });
});

function saveQueue(state: RecoveryState, report?: RecoveryReport): void {
  const trigger = "alert";
  const options = resolveRecoveryOptions({});
  const slotId = "workspace-demo-slot1";
  const record: RecoveryRecord = {
    ...{ recoveryId, state, target: slotId, queuedAt },
    request: { recoveryId, trigger, requestedBy: "ann", slotId, force: false, options },
    ...{ policy: undefined, alert: undefined, startedAt: undefined, finishedAt: undefined },
    ...{ report, error: undefined, by: undefined },
  };
  queueFileAt(join(stateDir, "remediation", "queue.json")).write({ waiting: [record], deliveries: [] });
}

function decide(given: Partial<Approval> = {}): void {
  const approval: Approval = { recoveryId, decision: "approve", operator: "uid 1000", at: inTime, ...given };
  submitDecision(approval, { stateDir, approvalTimeoutSeconds: 600 });
}

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

test("a decision is left for the queue's owner, and the journal names the operator", () => {
  saveQueue("waiting_for_approval");
  decide();
  expect(readWaitingRecoveries(stateDir)).toMatchObject([
    { record: { recoveryId }, decided: { decision: "approve", operator: "uid 1000" } },
  ]);
  expect(new Journal(stateDir).read()).toMatchObject([
    { kind: "note", action: "approve", requested_by: "uid 1000", recovery_id: recoveryId },
  ]);
});

test("the beginning of an id suffices if it fits one recovery alone", () => {
  saveQueue("waiting_for_approval");
  const file = queueFileAt(join(stateDir, "remediation", "queue.json"));
  const [record] = file.read().waiting;
  const other = "3f2a0000-7b64-4d0b-9a51-0c8d2f6e4b17";
  const request = { ...record!.request, recoveryId: other };
  file.write({ waiting: [record!, { ...record!, recoveryId: other, request }], deliveries: [] });
  expect(() => {
    decide({ recoveryId: "3f2a" });
  }).toThrow(code("RECOVERY_AMBIGUOUS"));
  expect(() => {
    decide({ recoveryId: "" });
  }).toThrow(code("RECOVERY_UNKNOWN"));
  decide({ recoveryId: "3f2a9" });
  expect(readWaitingRecoveries(stateDir).map(({ decided }) => decided?.recoveryId)).toEqual([
    recoveryId,
    undefined,
  ]);
});

test("the first decision stands", () => {
  saveQueue("waiting_for_approval");
  decide();
  expect(() => {
    decide({ decision: "reject" });
  }).toThrow(code("RECOVERY_NOT_WAITING"));
  expect(readWaitingRecoveries(stateDir)[0]?.decided?.decision).toBe("approve");
});

test("nothing is left for what does not wait, has expired, or is unknown", () => {
  expect(() => {
    decide();
  }).toThrow(code("RECOVERY_UNKNOWN"));
  saveQueue("running");
  expect(() => {
    decide();
  }).toThrow(code("RECOVERY_NOT_WAITING"));
  saveQueue("waiting_for_approval");
  expect(() => {
    decide({ at: new Date("2026-05-04T12:10:00Z") });
  }).toThrow(code("RECOVERY_NOT_WAITING"));
  expect(readWaitingRecoveries(stateDir)[0]?.decided).toBeUndefined();
  expect(new Journal(stateDir).read()).toEqual([]);
});

test("the plan of what waits is in the queue's file, step by step", () => {
  const about = { slotId: "workspace-demo-slot1", repoName: "demo", durationSeconds: 0 };
  const refusedNow = { reason: "disk_space", detail: "1 MiB free" } as const;
  const plan = reportActions(
    [
      {
        ...{ ...about, action: "restore_links", outcome: "planned", reason: "head_invalid", detail: "first" },
        ...{ purpose: "repair", endsWhen: "check_passes" },
      },
      {
        ...{ ...about, action: "reclone", outcome: "planned", reason: "head_invalid", detail: "then" },
        ...{ purpose: "repair", endsWhen: "check_passes", refusedNow },
      },
    ],
    ["demo: unreadable"],
  );
  saveQueue("waiting_for_approval", plan);
  expect(readWaitingRecoveries(stateDir)[0]?.record.report).toEqual(plan);
});
