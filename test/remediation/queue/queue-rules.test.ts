import { describe, expect, test } from "vitest";
import type { Snapshot } from "../../../src/anomalies/snapshot.ts";
import { defaultRecoveryOptions } from "../../../src/recovery/plan/recovery-options.ts";
import type { RemediationMode } from "../../../src/remediation/alerts/policy.ts";
import { isRetryable } from "../../../src/remediation/queue/is-retryable.ts";
import { overlaps } from "../../../src/remediation/queue/overlaps.ts";
import { QueueRules } from "../../../src/remediation/queue/queue-rules.ts";
import type { RecoveryRecord } from "../../../src/remediation/queue/recovery-queue.ts";
import { aCorruptedSlot, aSnapshot, snapshotTime } from "../../kit/a-snapshot.ts";

const slotId = "workspace-demo-slot1";

function aRecord(
  given: Partial<RecoveryRecord> = {},
  request: Partial<RecoveryRecord["request"]> = {},
): RecoveryRecord {
  return {
    ...{ state: "queued", policy: "corrupted", by: undefined, queuedAt: snapshotTime },
    request: {
      ...{ recoveryId: "r1", trigger: "alert", requestedBy: "A", slotId, force: false },
      options: defaultRecoveryOptions,
      ...request,
    },
    ...given,
  } as unknown as RecoveryRecord;
}

function rulesOf({
  mode = "live",
  ofPolicy = "live",
  isEnabled = true,
  snapshot,
  asked = [],
}: {
  mode?: RemediationMode;
  ofPolicy?: RemediationMode;
  isEnabled?: boolean;
  snapshot?: Snapshot;
  asked?: unknown[];
} = {}): QueueRules {
  const policies = [
    { name: "other", mode: "off" },
    { name: "corrupted", mode: ofPolicy },
  ];
  return new QueueRules({
    live: { remediation: { isEnabled, mode, policies } as never },
    pausePolicy: {
      findPause: (...given: unknown[]) => {
        asked.push(given);
        return snapshot === undefined ? undefined : ({ by: "ann" } as never);
      },
    },
    collector: { snapshot: () => snapshot },
  });
}

describe("what waits", () => {
  test("is dropped once its mode is off, or alerts are no longer acted on", () => {
    expect(rulesOf({ mode: "off" }).admit(aRecord())).toBeUndefined();
    expect(rulesOf({ ofPolicy: "off" }).admit(aRecord())).toBeUndefined();
    expect(rulesOf({ isEnabled: false }).admit(aRecord())).toBeUndefined();
    expect(rulesOf({ mode: "off" }).admit(aRecord({}, { trigger: "schedule" }))).toBeUndefined();
    const bySchedule = aRecord({}, { trigger: "schedule" });
    expect(rulesOf({ isEnabled: false }).admit(bySchedule)).toBe(bySchedule);
  });

  test("stays as it is under the settings it was queued with, and if its policy is gone", () => {
    const record = aRecord();
    expect(rulesOf().admit(record)).toBe(record);
    const ofNone = aRecord({ policy: "renamed" });
    expect(rulesOf({ ofPolicy: "off" }).admit(ofNone)).toBe(ofNone);
  });

  test("waits for a person from now on if the mode asks for one, unless a person approved it", () => {
    expect(rulesOf({ mode: "approve" }).admit(aRecord())?.state).toBe("waiting_for_approval");
    const approved = aRecord({ by: "ann" });
    expect(rulesOf({ mode: "approve" }).admit(approved)).toBe(approved);
    const running = aRecord({ state: "running" });
    expect(rulesOf({ mode: "approve" }).admit(running)).toBe(running);
  });

  test("only plans in the mode dry_run, and keeps what else it asked for", () => {
    const options = { ...defaultRecoveryOptions, maxAllocationHours: 7 };
    const admitted = rulesOf({ mode: "dry_run" }).admit(aRecord({}, { options }));
    expect(admitted?.request).toMatchObject({ slotId, options: { dryRun: true, maxAllocationHours: 7 } });
    const planned = aRecord({}, { options: { ...options, dryRun: true } });
    expect(rulesOf({ mode: "dry_run" }).admit(planned)).toBe(planned);
  });

  test("is run as a person asked for it, whatever the mode", () => {
    const record = aRecord({}, { trigger: "api" });
    expect(rulesOf({ mode: "off", isEnabled: false }).admit(record)).toBe(record);
  });
});

describe("a pause", () => {
  test("is asked for with the pool in which the slot is found", () => {
    const asked: unknown[] = [];
    expect(rulesOf({ snapshot: aSnapshot(), asked }).isPaused(aRecord())).toBe(true);
    expect(asked).toEqual([[{ slotId, pool: "demo" }, "alert"]]);
    expect(rulesOf().isPaused(aRecord())).toBe(false);
  });

  test("of a recovery without a slot, or of one that is not known, covers the pool that it asks for", () => {
    const options = { ...defaultRecoveryOptions, pool: "trees" };
    const asked: unknown[] = [];
    const rules = rulesOf({ snapshot: aSnapshot(), asked });
    rules.isPaused(aRecord({}, { slotId: undefined, options }));
    rules.isPaused(aRecord({}, { slotId: "workspace-gone-slot1", options }));
    rulesOf({ asked }).isPaused(aRecord({}, { options }));
    expect(asked).toEqual([
      [{ slotId: undefined, pool: "trees" }, "alert"],
      [{ slotId: "workspace-gone-slot1", pool: "trees" }, "alert"],
      [{ slotId, pool: "trees" }, "alert"],
    ]);
  });
});

describe("the fault that an alert told of", () => {
  const before = new Date(snapshotTime.getTime() - 1);
  const isGone = (record: RecoveryRecord, snapshot: Snapshot = aSnapshot()) =>
    rulesOf({ snapshot }).isFaultGone(record);

  test("is gone if a look after it was queued shows none", () => {
    expect(isGone(aRecord({ queuedAt: before }))).toBe(true);
    expect(isGone(aRecord({ queuedAt: snapshotTime }))).toBe(false);
    const anomalies = { longAllocatedSlots: [], corruptedSlots: [aCorruptedSlot()], orphanedLocks: [] };
    expect(isGone(aRecord({ queuedAt: before }), aSnapshot({ anomalies }))).toBe(false);
  });

  test("is not known to be gone without a look, or a slot", () => {
    expect(rulesOf().isFaultGone(aRecord({ queuedAt: before }))).toBe(false);
    expect(isGone(aRecord({ queuedAt: before }, { slotId: undefined }))).toBe(false);
  });

  test("is not asked about if a person wants the recovery", () => {
    expect(isGone(aRecord({ queuedAt: before }, { trigger: "command" }))).toBe(false);
  });
});

describe("a recovery that did nothing", () => {
  const report = (...actions: { outcome: string; reason: string }[]) => isRetryable({ actions } as never);
  const refused = (reason: string) => ({ outcome: "refused", reason });

  test.each([
    ...["lock_held", "allocation_alive", "allocated", "activity_unknown", "paused"],
    ...["cooldown", "budget", "storm", "disk_space", "state_unwritable", "not_leader"],
  ])("because of %s is tried again: it passes", (reason) => {
    expect(report(refused(reason))).toBe(true);
    expect(report(refused("unsafe_path"), refused(reason))).toBe(true);
  });

  test("because of what stays, or with something done, or with nothing to do, is not", () => {
    expect(report(refused("unsafe_path"))).toBe(false);
    expect(report(refused("paused"), { outcome: "done", reason: "head_invalid" })).toBe(false);
    expect(report()).toBe(false);
  });
});

test.each([
  ["all", "slot:workspace-demo-slot1", true],
  ["pool:demo", "all", true],
  ["pool:demo", "slot:workspace-demo-slot1", true],
  ["slot:workspace-demo-slot1", "pool:demo", true],
  ["slot:workspace-demo-slot1", "slot:workspace-demo-slot1", true],
  ["slot:workspace-demo-slot1", "slot:workspace-demo-slot2", false],
  ["pool:demo", "pool:other", false],
  ["pool:other", "slot:workspace-demo-slot1", false],
  ["pool:demo", "slot:no slot", false],
  ["slot:no slot", "slot:neither", false],
  ["pool:workspace-demo-slot1", "pool:demo", false],
])("%s and %s have a slot in common: %s", (one, other, expected) => {
  expect(overlaps(one, other)).toBe(expected);
});
