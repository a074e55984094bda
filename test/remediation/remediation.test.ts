import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { RecoveryReport } from "../../src/recovery/recovery-report.ts";
import type { RecoveryRequest } from "../../src/recovery/recovery-request.ts";
import {
  defaultPolicies,
  type RemediationPolicy,
  type RemediationSettings,
} from "../../src/remediation/alerts/policy.ts";
import {
  aMatcher,
  anAlert,
  aPayload,
  aRemediation,
  decisionsOf,
  emptyReport,
  FakeClock,
  threeSlots,
} from "./fake-remediation.ts";

const settle = () => new Promise((resolve) => setImmediate(resolve));

const [slotPolicy] = defaultPolicies;

function aPolicy(given: Partial<RemediationPolicy>): RemediationPolicy {
  if (slotPolicy === undefined) throw new Error("no shipped policy");
  return { ...slotPolicy, ...given };
}

/** Records requests; each runs until its `finish`. */
function heldRuns() {
  const requests: RecoveryRequest[] = [];
  const finishers: ((report: RecoveryReport) => void)[] = [];
  const runRecovery = (request: RecoveryRequest) => {
    requests.push(request);
    return new Promise<RecoveryReport>((resolve) => finishers.push(resolve));
  };
  return { requests, runRecovery, finish: () => finishers.shift()?.(emptyReport) };
}

test("an alert about a corrupted slot runs one conservative recovery of that slot", async () => {
  const runs = heldRuns();
  const remediation = aRemediation(runs);
  remediation.start();
  expect(decisionsOf(remediation, aPayload([anAlert()]))).toEqual(["queued"]);
  expect(runs.requests).toMatchObject([
    {
      trigger: "alert",
      requestedBy: "RepoPoolSlotCorrupted",
      slotId: "workspace-demo-slot1",
      force: false,
      options: { maxAllocationHours: 48, forceReleaseLongAllocated: false, dryRun: false },
    },
  ]);
  runs.finish();
  await remediation.stop();
  expect(remediation.list()).toMatchObject([{ state: "finished", report: emptyReport }]);
});

test.each([
  ["a resolved alert", anAlert({}, { status: "resolved" }), "resolved"],
  ["an alert without the label", anAlert({ auto_recover: "false" }), "no_policy"],
  ["an alert about a slot of another host", anAlert({ slot: "workspace-demo-slot9" }), "not_ours"],
  ["an alert whose pool is not its slot's", anAlert({ pool: "other" }), "not_ours"],
  ["an alert about everything", anAlert({ slot: "", pool: "" }), "no_policy"],
])("%s runs nothing", async (_name, alert, decision) => {
  const runs = heldRuns();
  const remediation = aRemediation(runs);
  remediation.start();
  expect(decisionsOf(remediation, aPayload([alert]))).toEqual([decision]);
  await remediation.stop();
  expect(runs.requests).toEqual([]);
});

test("a repeat of a finished alert is a duplicate, a new start of the same alert is not", async () => {
  const remediation = aRemediation();
  remediation.start();
  decisionsOf(remediation, aPayload([anAlert()]));
  await settle();
  expect(decisionsOf(remediation, aPayload([anAlert()]))).toEqual(["duplicate"]);
  const again = anAlert({}, { startsAt: "2026-05-04T11:30:00Z" });
  expect(decisionsOf(remediation, aPayload([again]))).toEqual(["queued"]);
  await remediation.stop();
});

test("a run that broke is tried again when the alert repeats", async () => {
  const remediation = aRemediation({ runRecovery: () => Promise.reject(new Error("disk gone")) });
  remediation.start();
  decisionsOf(remediation, aPayload([anAlert()]));
  await settle();
  expect(remediation.list()).toMatchObject([{ state: "failed", error: "disk gone" }]);
  expect(decisionsOf(remediation, aPayload([anAlert()]))).toEqual(["queued"]);
  await remediation.stop();
});

test("what waits and what was delivered survive a restart", async () => {
  const stateDir = aStateDirectory();
  const first = aRemediation({ stateDir });
  decisionsOf(first, aPayload([anAlert()]));
  const runs = heldRuns();
  const second = aRemediation({ ...runs, stateDir });
  expect(second.list()).toEqual(first.list());
  second.start();
  expect(runs.requests.map(({ slotId }) => slotId)).toEqual(["workspace-demo-slot1"]);
  runs.finish();
  await second.stop();
  expect(decisionsOf(aRemediation({ stateDir }), aPayload([anAlert()]))).toEqual(["duplicate"]);
});

test("a mode that became stricter while the program was down also holds for what waited", () => {
  const stateDir = aStateDirectory();
  decisionsOf(aRemediation({ stateDir }), aPayload([anAlert()]));
  const waiting = (settings: Partial<RemediationSettings>) => aRemediation({ stateDir }, settings).list();
  expect(waiting({ mode: "off" })).toEqual([]);
  expect(waiting({ isEnabled: false })).toEqual([]);
  expect(waiting({ mode: "approve" })).toMatchObject([{ state: "waiting_for_approval" }]);
  expect(waiting({ mode: "dry_run" })).toMatchObject([{ request: { options: { dryRun: true } } }]);
});

test("a queue file of a newer version is refused and left as it is", () => {
  const stateDir = aStateDirectory();
  decisionsOf(aRemediation({ stateDir }), aPayload([anAlert()]));
  const path = join(stateDir, "remediation", "queue.json");
  const newer = readFileSync(path, "utf8").replace('"schema_version": 1', '"schema_version": 2');
  writeFileSync(path, newer);
  expect(() => aRemediation({ stateDir })).toThrow(expect.objectContaining({ code: "STORED_FILE_NEWER" }));
  expect(readFileSync(path, "utf8")).toBe(newer);
});

test("a full queue answers overloaded, and what it already took is not queued twice", () => {
  const remediation = aRemediation({}, { queueSize: 1 });
  const payload = aPayload([anAlert(), anAlert({ slot: "workspace-demo-slot2" }, { fingerprint: "aa02" })]);
  expect(decisionsOf(remediation, payload)).toEqual(["overloaded"]);
  expect(decisionsOf(remediation, payload)).toEqual(["overloaded"]);
  expect(remediation.queueDepth()).toBe(1);
});

test("before the first collection and with remediation off nothing is accepted", () => {
  expect(decisionsOf(aRemediation({ snapshot: () => undefined }), aPayload([]))).toEqual(["not_ready"]);
  expect(decisionsOf(aRemediation({}, { isEnabled: false }), aPayload([]))).toEqual(["disabled"]);
  expect(decisionsOf(aRemediation(), { version: "3" })).toEqual(["malformed"]);
});

test("mode dry_run runs a dry run, and mode off nothing", async () => {
  const runs = heldRuns();
  const remediation = aRemediation(runs, { mode: "dry_run" });
  remediation.start();
  decisionsOf(remediation, aPayload([anAlert()]));
  expect(runs.requests).toMatchObject([{ options: { dryRun: true } }]);
  runs.finish();
  await remediation.stop();
  expect(decisionsOf(aRemediation({}, { mode: "off" }), aPayload([anAlert()]))).toEqual(["no_policy"]);
});

test("mode approve waits for a person, whose name is kept", async () => {
  const runs = heldRuns();
  const remediation = aRemediation(runs, { mode: "approve" });
  remediation.start();
  decisionsOf(remediation, aPayload([anAlert()]));
  const [record] = remediation.list();
  expect(record?.state).toBe("waiting_for_approval");
  expect(runs.requests).toMatchObject([{ options: { dryRun: true } }]);
  runs.finish();
  await settle();
  expect(remediation.list()).toMatchObject([{ state: "waiting_for_approval", report: emptyReport }]);
  const approval = {
    recoveryId: record?.recoveryId ?? "",
    operator: "ann",
    decision: "approve",
  } as const;
  expect(remediation.decide(approval)).toEqual({ kind: "done" });
  expect(remediation.list()).toMatchObject([{ state: "running", by: "ann" }]);
  expect(remediation.decide(approval)).toEqual({ kind: "not_waiting", state: "running" });
  expect(remediation.decide({ ...approval, recoveryId: "none" })).toEqual({ kind: "not_found" });
  runs.finish();
  await remediation.stop();
});

test("an approval that nobody gave in time expires and can no longer be given", () => {
  const clock = new FakeClock();
  const remediation = aRemediation({ clock }, { mode: "approve", approvalTimeoutSeconds: 60 });
  decisionsOf(remediation, aPayload([anAlert()]));
  clock.advance(60);
  const recoveryId = remediation.list()[0]?.recoveryId ?? "";
  expect(remediation.decide({ recoveryId, operator: "ann", decision: "approve" })).toEqual({
    kind: "not_waiting",
    state: "expired",
  });
});

test("a policy queues no more than its maximum within an hour", () => {
  const clock = new FakeClock();
  const remediation = aRemediation({ clock }, { policies: [aPolicy({ maxPerHour: 1 })] });
  const second = aPayload([anAlert({ slot: "workspace-demo-slot2" }, { fingerprint: "aa02" })]);
  expect(decisionsOf(remediation, aPayload([anAlert()]))).toEqual(["queued"]);
  expect(decisionsOf(remediation, second)).toEqual(["paused"]);
  clock.advance(3601);
  expect(decisionsOf(remediation, second)).toEqual(["queued"]);
});

test("a pause holds what it covers alone, survives a restart, and ends by itself", async () => {
  const stateDir = aStateDirectory();
  const clock = new FakeClock();
  const expiresAt = new Date(clock.now().getTime() + 60_000);
  const pause = {
    name: "move",
    reason: "new disk",
    operator: "ann",
    expiresAt,
    pool: "demo",
    slotId: undefined,
  };
  await aRemediation({ stateDir, clock }).pause(pause);
  const remediation = aRemediation({ stateDir, clock });
  expect(remediation.pauses()).toEqual([pause]);
  expect(await remediation.pause(pause)).toEqual({ kind: "duplicate" });
  const other = anAlert({ slot: "workspace-other-slot1", pool: "other" }, { fingerprint: "aa02" });
  expect(decisionsOf(remediation, aPayload([anAlert(), other]))).toEqual(["paused", "queued"]);
  clock.advance(60);
  expect(decisionsOf(remediation, aPayload([anAlert()]))).toEqual(["queued"]);
});

test("what was queued before a pause waits until somebody resumes", async () => {
  const runs = heldRuns();
  const remediation = aRemediation({ ...runs, stateDir: aStateDirectory() });
  decisionsOf(remediation, aPayload([anAlert()]));
  await remediation.pause({
    name: "p",
    reason: "",
    operator: "ann",
    expiresAt: undefined,
    pool: undefined,
    slotId: undefined,
  });
  remediation.start();
  expect(runs.requests).toEqual([]);
  expect(await remediation.resume({ name: "p", operator: "ann" })).toEqual({ kind: "resumed" });
  expect(runs.requests).toHaveLength(1);
  expect(await remediation.resume({ name: "p", operator: "ann" })).toEqual({ kind: "not_found" });
  runs.finish();
  await remediation.stop();
});

test("a maintenance window holds alerts, not people", async () => {
  const remediation = aRemediation({ isInMaintenance: (pool) => pool === "demo" });
  expect(decisionsOf(remediation, aPayload([anAlert()]))).toEqual(["paused"]);
  const wish = { slotId: "workspace-demo-slot1", force: false, options: {}, operator: "ann" };
  expect(await remediation.submit(wish)).toMatchObject({ kind: "queued" });
});

test("a person's dry run is answered with its report and never queued", async () => {
  const remediation = aRemediation();
  const wish = { slotId: undefined, force: false, options: { dryRun: true, pool: "demo" }, operator: "ann" };
  expect(await remediation.submit(wish)).toMatchObject({ kind: "planned", record: { report: emptyReport } });
  expect(remediation.queueDepth()).toBe(0);
  expect(await remediation.submit({ ...wish, slotId: "workspace-none-slot1" })).toEqual({
    kind: "not_found",
  });
});

test("a group that the sender cut short asks for a collection", () => {
  let rescans = 0;
  const remediation = aRemediation({ collect: () => (rescans += 1) });
  expect(decisionsOf(remediation, aPayload([anAlert()], { truncatedAlerts: 3 }))).toEqual([
    "queued",
    "pool_rescan",
  ]);
  expect(rescans).toBe(1);
});

test("an alert about everything recovers every pool only where the policy says so", async () => {
  const runs = heldRuns();
  const policy = aPolicy({ scope: "all", matchers: [aMatcher('severity=~"crit.*"')] });
  const remediation = aRemediation(runs, { policies: [policy] });
  remediation.start();
  expect(decisionsOf(remediation, aPayload([anAlert({ slot: "", pool: "", severity: "critical" })]))).toEqual(
    ["queued"],
  );
  expect(runs.requests).toMatchObject([{ slotId: undefined, options: { pool: undefined } }]);
  runs.finish();
  await remediation.stop();
});

test("stopping waits for the running recovery and starts no other", async () => {
  const runs = heldRuns();
  const remediation = aRemediation(runs, { concurrency: 1 });
  remediation.start();
  decisionsOf(
    remediation,
    aPayload([anAlert(), anAlert({ slot: "workspace-demo-slot2" }, { fingerprint: "aa02" })]),
  );
  const stopping = remediation.stop();
  runs.finish();
  await stopping;
  expect(remediation.list().map(({ state }) => state)).toEqual(["queued", "finished"]);
});

test("whatever arrives in whatever order: one run per delivery, one at a time per target", async () => {
  const slots = ["workspace-demo-slot1", "workspace-demo-slot2", "workspace-other-slot1"];
  const step = fc.record({
    slot: fc.constantFrom(...slots),
    start: fc.integer({ min: 0, max: 2 }),
    ends: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, concurrency) => {
        const running: string[] = [];
        const finishers: (() => void)[] = [];
        let overlaps = 0;
        const runRecovery = async ({ slotId = "" }: RecoveryRequest) => {
          if (running.includes(slotId) || running.length >= concurrency) overlaps += 1;
          running.push(slotId);
          await new Promise<void>((resolve) => finishers.push(resolve));
          running.splice(running.indexOf(slotId), 1);
          return emptyReport;
        };
        const remediation = aRemediation({ runRecovery }, { concurrency });
        remediation.start();
        for (const { slot, start, ends } of steps) {
          const fingerprint = `a${slots.indexOf(slot)}`;
          const alert = anAlert({ slot, pool: "" }, { fingerprint, startsAt: `2026-05-04T1${start}:00:00Z` });
          remediation.receive(aPayload([alert]));
          if (ends) finishers.shift()?.();
          await settle();
        }
        while (running.length > 0) {
          finishers.shift()?.();
          await settle();
        }
        const deliveries = remediation
          .list()
          .map(({ alert }) => `${alert?.fingerprint}@${alert?.startsAt.toISOString()}`);
        expect([overlaps, new Set(deliveries).size]).toEqual([0, deliveries.length]);
        await remediation.stop();
      },
    ),
    { numRuns: 50 },
  );
});

test("of two processes on one state directory the leader alone answers alerts, and the other takes over what waits", () => {
  const stateDir = aStateDirectory();
  const [ofLeader, ofFollower] = [heldRuns(), heldRuns()];
  let isLeading = false;
  const leader = aRemediation({ ...ofLeader, stateDir });
  const follower = aRemediation({ ...ofFollower, stateDir, isLeader: () => isLeading });
  follower.start();
  expect(decisionsOf(follower, aPayload([anAlert()]))).toEqual(["not_leader"]);
  expect(decisionsOf(leader, aPayload([anAlert()]))).toEqual(["queued"]);
  leader.start();
  expect([ofLeader.requests.length, ofFollower.requests.length]).toEqual([1, 0]);
  isLeading = true;
  follower.decide({ recoveryId: "none", decision: "approve", operator: "ann" });
  expect(ofFollower.requests.map(({ slotId }) => slotId)).toEqual(["workspace-demo-slot1"]);
});

test("a run that was only held back is tried again when the alert repeats", async () => {
  const refused = {
    slotId: "workspace-demo-slot1",
    repoName: "demo",
    action: "salvage",
    outcome: "refused",
    reason: "lock_held",
    detail: "",
    durationSeconds: 0,
  } as const;
  const report = { ...emptyReport, actions: [refused] };
  const remediation = aRemediation({ runRecovery: () => Promise.resolve(report) });
  remediation.start();
  decisionsOf(remediation, aPayload([anAlert()]));
  await settle();
  expect(decisionsOf(remediation, aPayload([anAlert()]))).toEqual(["queued"]);
  await remediation.stop();
});

test("what a newer look shows healthy is not recovered after its pause has ended", async () => {
  const clock = new FakeClock();
  const runs = heldRuns();
  let checkedAt = clock.now();
  const remediation = aRemediation({
    ...runs,
    clock,
    stateDir: aStateDirectory(),
    snapshot: () => ({ ...threeSlots(), checkedAt }),
  });
  decisionsOf(remediation, aPayload([anAlert()]));
  const pause = { name: "p", reason: "", operator: "ann", expiresAt: undefined, pool: undefined };
  await remediation.pause({ ...pause, slotId: undefined });
  remediation.start();
  clock.advance(30);
  checkedAt = clock.now();
  await remediation.resume({ name: "p", operator: "ann" });
  expect([remediation.list()[0]?.state, runs.requests]).toEqual(["fault_gone", []]);
  await remediation.stop();
  // The look may have come while the fault was in doubt: a repeat of the alert is no duplicate.
  expect(decisionsOf(remediation, aPayload([anAlert()]))).toEqual(["queued"]);
});

test("alerts and people's wishes wait for locks as long as the configuration says, unless a person says otherwise", async () => {
  const runs = heldRuns();
  const remediation = aRemediation(runs, { lockTimeoutSeconds: 7 });
  remediation.start();
  decisionsOf(remediation, aPayload([anAlert()]));
  const wish = { slotId: "workspace-other-slot1", force: false, operator: "ann" };
  await remediation.submit({ ...wish, options: { lockTimeoutSeconds: 1 } });
  expect(runs.requests.map(({ options }) => options.lockTimeoutSeconds)).toEqual([7, 1]);
  runs.finish();
  runs.finish();
  await remediation.stop();
});

test("a serve that only watches takes no alert, and answers it once it leads", () => {
  let isLeader = false;
  const remediation = aRemediation({ isLeader: () => isLeader });
  expect(remediation.receive(aPayload([anAlert()]))).toEqual({ kind: "not_leader" });
  expect(remediation.list()).toEqual([]);
  isLeader = true;
  expect(decisionsOf(remediation, aPayload([anAlert()]))).toEqual(["queued"]);
});

/** A directory that the end of the test removes. */
function aStateDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "remediation-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  return directory;
}
