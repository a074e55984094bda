import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { defaultRecoveryOptions } from "../../src/recovery/plan/recovery-options.ts";
import type { RecoveryReport } from "../../src/recovery/recovery-report.ts";
import type { RecoveryRequest } from "../../src/recovery/recovery-request.ts";
import type { RemediationMode } from "../../src/remediation/alerts/policy.ts";
import { anAlert, aPayload, aRemediation, decisionsOf, emptyReport } from "./fake-remediation.ts";

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Records requests. Plans are made at once; what acts never ends. */
function heldRuns() {
  const requests: RecoveryRequest[] = [];
  const runRecovery = (request: RecoveryRequest): Promise<RecoveryReport> => {
    requests.push(request);
    return request.options.dryRun
      ? Promise.resolve({ ...emptyReport, dryRun: true })
      : new Promise(() => undefined);
  };
  return { requests, runRecovery };
}

test("an alert seen in dry_run is answered by each repeat, and is live once the mode is", async () => {
  const settings: { mode: RemediationMode } = { mode: "dry_run" };
  const requests: RecoveryRequest[] = [];
  const runRecovery = (request: RecoveryRequest) => {
    requests.push(request);
    return Promise.resolve({ ...emptyReport, dryRun: request.options.dryRun });
  };
  const remediation = aRemediation({ runRecovery }, settings);
  remediation.start();
  for (const mode of ["dry_run", "dry_run", "live", "live"] as const) {
    settings.mode = mode;
    decisionsOf(remediation, aPayload([anAlert()]));
    await settle();
  }
  await remediation.stop();
  expect(requests.map(({ options }) => options.dryRun)).toEqual([true, true, false]);
});

test("what waits for a person begins with the alert's repeat once the mode is live", async () => {
  const runs = heldRuns();
  const settings: { mode: RemediationMode } = { mode: "approve" };
  const remediation = aRemediation(runs, settings);
  remediation.start();
  expect(decisionsOf(remediation, aPayload([anAlert()]))).toEqual(["queued"]);
  expect(decisionsOf(remediation, aPayload([anAlert()]))).toEqual(["duplicate"]);
  settings.mode = "live";
  expect(decisionsOf(remediation, aPayload([anAlert()]))).toEqual(["queued"]);
  await settle();
  expect(runs.requests.filter(({ options }) => !options.dryRun)).toHaveLength(1);
  expect(remediation.list()).toHaveLength(1);
});

test("a mode that became stricter also holds for what waits in the queue", async () => {
  const runs = heldRuns();
  const settings: { mode: RemediationMode } = { mode: "live" };
  const remediation = aRemediation(runs, settings);
  decisionsOf(remediation, aPayload([anAlert()]));
  settings.mode = "off";
  remediation.start();
  expect(runs.requests).toEqual([]);
  expect(remediation.list().map(({ state }) => state)).toEqual(["expired"]);
  await remediation.stop();
});

test("a scheduled run waits for a person in approve mode, once", async () => {
  const runs = heldRuns();
  const remediation = aRemediation(runs, { mode: "approve" });
  const request = (recoveryId: string): RecoveryRequest => ({
    ...{ recoveryId, trigger: "schedule", requestedBy: "schedule", slotId: undefined, force: false },
    options: defaultRecoveryOptions,
  });
  expect([remediation.awaitApproval(request("one")), remediation.awaitApproval(request("two"))]).toEqual([
    true,
    false,
  ]);
  remediation.start();
  await settle();
  expect(runs.requests.every(({ options }) => options.dryRun)).toBe(true);
  expect(remediation.list().map(({ state }) => state)).toEqual(["waiting_for_approval"]);
});

test("a reclaim waits for approval beside a recovery of all pools, and is still a reclaim after a restart", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "modes-"));
  try {
    const remediation = aRemediation({ stateDir }, { mode: "approve" });
    const request = {
      trigger: "schedule",
      requestedBy: "schedule",
      slotId: undefined,
      force: false,
    } as const;
    const options = defaultRecoveryOptions;
    expect(remediation.awaitApproval({ ...request, recoveryId: "one", options })).toBe(true);
    const reclaim = { ...request, recoveryId: "two", task: "reclaim", options } as const;
    expect(remediation.awaitApproval(reclaim)).toBe(true);
    expect(remediation.awaitApproval({ ...reclaim, recoveryId: "three" })).toBe(false);
    const tasks = aRemediation({ stateDir }, { mode: "approve" })
      .list()
      .map((record) => [record.target, record.request.task]);
    expect(tasks).toEqual([
      ["reclaim", "reclaim"],
      ["all", undefined],
    ]);
  } finally {
    rmSync(stateDir, { recursive: true });
  }
});

test("a scheduled run of a serve that only watches is not queued", () => {
  const remediation = aRemediation({ isLeader: () => false }, { mode: "approve" });
  const request = {
    recoveryId: "one",
    trigger: "schedule",
    requestedBy: "schedule",
    slotId: undefined,
  } as const;
  expect(remediation.awaitApproval({ ...request, force: false, options: defaultRecoveryOptions })).toBe(
    false,
  );
});
