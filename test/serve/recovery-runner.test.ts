import { expect, test } from "vitest";
import type { JournalLine } from "../../src/metrics/recovery-totals.ts";
import type { RecoveryReport } from "../../src/recovery/recovery-report.ts";
import type { RecoveryRequest } from "../../src/recovery/recovery-request.ts";
import { defaultRecoveryOptions } from "../../src/recovery/plan/recovery-options.ts";
import { RecoveryRunner } from "../../src/serve/recovery-runner.ts";
import { aFinding } from "../kit/an-inspection.ts";
import { RecordingLogger } from "../kit/recording-logger.ts";
import { emptyReport } from "../remediation/fake-remediation.ts";

const faultySlot = "workspace-demo-slot1";

function aRequest(slotId: string | undefined): RecoveryRequest {
  return {
    ...{ recoveryId: "r1", trigger: "alert", requestedBy: "A", slotId, force: false },
    options: defaultRecoveryOptions,
  };
}

function aRunner(recover: () => Promise<RecoveryReport>) {
  const [requests, lines, order]: [RecoveryRequest[], JournalLine[], string[]] = [[], [], []];
  const logger = new RecordingLogger();
  const deep = {
    ...{ checkedAt: {}, verifiedAt: {}, findings: [aFinding("git_invalid")], filesDigest: undefined },
    ...{ unsavedWork: [], unsavedWorkSeenAt: undefined, diskBytes: undefined, worktreeChangedAt: undefined },
  };
  const runner = new RecoveryRunner({
    logger,
    leadership: { isLeader: () => true },
    slotStates: { deep: (slotId) => (slotId === faultySlot ? deep : undefined) },
    journalFeed: { during: (run) => run(), addLines: (added) => lines.push(...added) },
    collector: {
      collect: () => {
        order.push("collect");
        return Promise.resolve();
      },
    },
    live: {
      services: {
        recovery: {
          run: (request) => {
            requests.push(request);
            order.push("run");
            return recover();
          },
        },
      },
    },
  });
  return { runner, requests, lines, order, logger };
}

test("a run looks as deep as the check that found the slot's fault", async () => {
  const { runner, requests } = aRunner(() => Promise.resolve(emptyReport));
  await runner.run(aRequest(faultySlot));
  await runner.run(aRequest("workspace-demo-slot2"));
  await runner.run(aRequest(undefined));
  expect(requests.map(({ options }) => options.deep)).toEqual([true, false, false]);
});

test("what a run changed is looked at before its end is reported", async () => {
  const { runner, order, lines } = aRunner(() => Promise.resolve(emptyReport));
  expect(await runner.run(aRequest(faultySlot))).toBe(emptyReport);
  expect(order).toEqual(["run", "collect"]);
  expect(lines).toEqual([]);
});

test("a run that broke is counted and logged, and the pools are looked at all the same", async () => {
  const { runner, order, lines, logger } = aRunner(() => Promise.reject(new Error("disk gone")));
  await expect(runner.run(aRequest(faultySlot))).rejects.toThrow("disk gone");
  expect(order).toEqual(["run", "collect"]);
  expect(lines).toMatchObject([{ kind: "run_finished", trigger: "alert", mode: "live" }]);
  expect(logger.lines.map(({ event }) => event)).toEqual(["recovery.started", "recovery.failed"]);
});
