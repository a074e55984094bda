import { expect, test } from "vitest";
import type { JournalLine } from "../../src/metrics/recovery-totals.ts";
import type { PlannedReclaim, ReclaimResult } from "../../src/recovery/execute/plan-reclaim.ts";
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

const notAsked = () => Promise.reject(new Error("not asked for"));

function aRunner(
  recover: () => Promise<RecoveryReport> = notAsked,
  reclaim: () => Promise<ReclaimResult> = notAsked,
) {
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
          reclaim,
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

const planned: PlannedReclaim = {
  ...{ slotId: "agents-api-one-1", repoName: "agents-api", path: "/src/one", bytes: 3 * 1024 * 1024 },
  ...{ lastActiveAt: new Date("2026-05-04T12:00:00Z"), unsavedWork: ["untracked"] },
  ...{ olderSeconds: undefined, refusal: undefined, isKept: false },
};

const kept: PlannedReclaim = {
  ...{ ...planned, slotId: "agents-api-two-1", isKept: true },
  refusal: { reason: "allocated", detail: "process 1 works there" },
};

const plan = { slots: [planned, kept], candidateCount: 2, errors: ["unread: /src/three"] };

const reclaimRequest: RecoveryRequest = {
  ...{ recoveryId: "r1", task: "reclaim", trigger: "schedule", requestedBy: "schedule" },
  ...{ slotId: undefined, force: false, options: { ...defaultRecoveryOptions, dryRun: true } },
};

test("a dry run of a reclaim reports each slot with what a person has to know, and counts what would be done", async () => {
  const found = { plan, reclaimed: new Map<string, string>(), report: undefined };
  const { runner, lines } = aRunner(undefined, () => Promise.resolve(found));
  const report = await runner.run(reclaimRequest);
  expect(report).toMatchObject({ dryRun: true, errors: ["unread: /src/three"] });
  expect(report.actions.map(({ slotId, outcome, detail }) => [slotId, outcome, detail])).toEqual([
    [
      "agents-api-one-1",
      "planned",
      "/src/one, 3.0 MiB, last active 2026-05-04T12:00:00.000Z, untracked work is saved first",
    ],
    ["agents-api-two-1", "refused", "process 1 works there"],
  ]);
  expect(lines.map(({ action, outcome }) => [action, outcome])).toEqual([["reclaim", "planned"]]);
});

test("a reclaim that throws is counted as failed", async () => {
  const { runner, lines, logger } = aRunner(undefined, () => Promise.reject(new Error("no room")));
  await expect(runner.run(reclaimRequest)).rejects.toThrow("no room");
  expect(lines.map(({ kind }) => kind)).toEqual(["run_finished"]);
  expect(logger.lines.map(({ event }) => event)).toEqual(["reclaim.started", "reclaim.failed"]);
});
