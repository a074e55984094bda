import { expect, test } from "vitest";
import type { JournalLine } from "../../src/metrics/recovery-totals.ts";
import type { PlannedReclaim, ReclaimResult } from "../../src/recovery/execute/plan-reclaim.ts";
import { defaultRecoveryOptions } from "../../src/recovery/plan/recovery-options.ts";
import type { RecoveryRequest } from "../../src/recovery/recovery-request.ts";
import { ReclaimRunner } from "../../src/serve/reclaim-runner.ts";
import { RecordingLogger } from "../kit/recording-logger.ts";

const planned: PlannedReclaim = {
  ...{ slotId: "agents-api-one-1", repoName: "agents-api", path: "/src/one", bytes: 3 * 1024 * 1024 },
  ...{ lastActiveAt: new Date("2026-05-04T12:00:00Z"), unsavedWork: ["untracked"] },
  ...{ olderSeconds: 0, reason: "requested", refusal: undefined, isKept: false },
};

const kept: PlannedReclaim = {
  ...{ ...planned, slotId: "agents-api-two-1", isKept: true },
  refusal: { reason: "allocated", detail: "process 1 works there" },
};

const plan = { slots: [planned, kept], candidateCount: 2, errors: ["unread: /src/three"] };

function aRunner(reclaim: () => Promise<ReclaimResult>) {
  const [lines, logger]: [JournalLine[], RecordingLogger] = [[], new RecordingLogger()];
  const runner = new ReclaimRunner({
    ...{ logger, leadership: { isLeader: () => true }, live: { services: { recovery: { reclaim } } } },
    journalFeed: { during: (run) => run(), addLines: (added) => lines.push(...added) },
    collector: { collect: () => Promise.resolve() },
  });
  const request: RecoveryRequest = {
    ...{ recoveryId: "r1", task: "reclaim", trigger: "schedule", requestedBy: "schedule" },
    ...{ slotId: undefined, force: false, options: { ...defaultRecoveryOptions, dryRun: true } },
  };
  return { run: () => runner.run(request), lines };
}

test("a dry run reports each slot with what a person has to know, and counts what would be done", async () => {
  const { run, lines } = aRunner(() => Promise.resolve({ plan, reclaimed: new Map(), report: undefined }));
  const report = await run();
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
  const { run, lines } = aRunner(() => Promise.reject(new Error("no room")));
  await expect(run()).rejects.toThrow("no room");
  expect(lines.map(({ kind }) => kind)).toEqual(["run_finished"]);
});
