import { describe, expect, test } from "vitest";
import {
  detectIdleSlot,
  detectLongAllocatedSlot,
  judgeActivity,
} from "../../src/anomalies/detect-long-allocated-slot.ts";
import { defaultThresholds } from "../kit/default-thresholds.ts";
import type { SlotInspection } from "../../src/inspection/slot-inspection.ts";
import type { SlotRecord } from "../../src/pool/records/slot-record.ts";
import { anInspection, aReading, aSlotOnDisk, hoursBefore, inspectionTime } from "../kit/an-inspection.ts";

function detect(record: Partial<SlotRecord>) {
  const slot = aSlotOnDisk({ reading: aReading(record) });
  return detectLongAllocatedSlot(anInspection({ slot }), defaultThresholds, inspectionTime);
}

test("an allocation is too old from the limit on, and not a second before", () => {
  expect(detect({ state: "allocated", lastAllocatedAt: hoursBefore(24 - 1 / 3600) })).toBeUndefined();
  expect(detect({ state: "allocated", lastAllocatedAt: hoursBefore(24) })).toMatchObject({
    reason: "allocation_too_old",
    allocatedHours: 24,
  });
});

test("an allocation without a time, and a clean-up, are aged by updated_at", () => {
  const updatedAt = hoursBefore(30);
  expect(detect({ state: "allocated", updatedAt })).toMatchObject({ reason: "allocation_without_time" });
  expect(detect({ state: "cleaning", lastAllocatedAt: hoursBefore(1), updatedAt })).toMatchObject({
    reason: "cleaning_too_long",
    allocatedHours: 30,
  });
});

test("a time in the future is no age, and other states have none", () => {
  expect(detect({ state: "allocated", lastAllocatedAt: hoursBefore(-100) })).toBeUndefined();
  expect(detect({ state: "available", lastAllocatedAt: hoursBefore(100) })).toBeUndefined();
  expect(detect({ state: "error", lastAllocatedAt: hoursBefore(100) })).toBeUndefined();
});

test.each(["allocated", "cleaning"] as const)(
  "%s since a time in the future is aged by the record's file",
  (state) => {
    const future = { state, lastAllocatedAt: hoursBefore(-100), updatedAt: hoursBefore(-100) };
    const detectWritten = (hours: number) => {
      const slot = aSlotOnDisk({ reading: aReading(future, hoursBefore(hours)) });
      return detectLongAllocatedSlot(anInspection({ slot }), defaultThresholds, inspectionTime);
    };
    expect(detectWritten(23)).toBeUndefined();
    expect(detectWritten(-1)).toBeUndefined();
    expect(detectWritten(30)).toMatchObject({
      reason: state === "allocated" ? "allocation_without_time" : "cleaning_too_long",
      allocatedHours: 30,
    });
  },
);

test("a slot whose record cannot be read is not judged", () => {
  const slot = aSlotOnDisk({ reading: { kind: "missing" } });
  expect(detectLongAllocatedSlot(anInspection({ slot }), defaultThresholds, inspectionTime)).toBeUndefined();
});

describe("an allocation", () => {
  const secondsBefore = (seconds: number): Date => hoursBefore(seconds / 3600);
  test.each([
    ["alive with a fresh heartbeat", { heartbeatAt: secondsBefore(600) }, "alive"],
    ["idle with an old heartbeat", { heartbeatAt: secondsBefore(601) }, "idle"],
    ["alive if the clocks differ a little", { heartbeatAt: secondsBefore(-600) }, "alive"],
    ["idle with a heartbeat from far in the future", { heartbeatAt: secondsBefore(-601) }, "idle"],
    ["alive with a process inside", { processes: [{ pid: 4, command: "node", role: "work" }] }, "alive"],
    ["idle with a daemon of git alone", { processes: [{ pid: 4, command: "git", role: "daemon" }] }, "idle"],
    ["idle while git tidies up", { processes: [{ pid: 4, command: "git", role: "maintenance" }] }, "idle"],
    ["unknown if processes cannot be seen", { processes: undefined }, "unknown"],
    ["alive by its heartbeat alone", { processes: undefined, heartbeatAt: inspectionTime }, "alive"],
    ["idle although its files changed just now", { lastActivityAt: inspectionTime }, "idle"],
  ] as const)("is %s", (_what, given, expected) => {
    expect(judgeActivity(anInspection(given), defaultThresholds, inspectionTime)).toBe(expected);
  });
});

describe("a work tree without records", () => {
  const given = {
    slot: aSlotOnDisk({ reading: { kind: "unrecorded" } }),
    directories: {} as unknown as NonNullable<SlotInspection["directories"]>,
  };
  const idle = (more: Partial<SlotInspection>, idleAfterHours: number | undefined = 24) =>
    detectIdleSlot(anInspection({ ...given, ...more }), idleAfterHours, {
      ...{ thresholds: defaultThresholds, now: inspectionTime },
    });

  test("is idle from the limit of its source on, and not a second before", () => {
    expect(idle({ lastActivityAt: hoursBefore(24 - 1 / 3600) })).toBeUndefined();
    expect(idle({ lastActivityAt: hoursBefore(24) })).toEqual({
      ...{ kind: "long_allocated_slot", slotId: "workspace-demo-slot1", repoName: "demo" },
      ...{ reason: "idle_too_long", allocatedHours: 24, activity: "idle" },
      lastActivityAt: hoursBefore(24),
    });
  });

  test("is not idle while its files change", () => {
    const lastActivityAt = hoursBefore(100);
    expect(idle({ lastActivityAt, worktreeChangedAt: hoursBefore(1) })).toBeUndefined();
    expect(idle({ lastActivityAt, worktreeChangedAt: hoursBefore(50) })).toMatchObject({
      allocatedHours: 50,
    });
  });

  test("is not judged without a limit, a time, or a repository", () => {
    const lastActivityAt = hoursBefore(100);
    expect(
      detectIdleSlot(anInspection({ ...given, lastActivityAt }), undefined, {
        ...{ thresholds: defaultThresholds, now: inspectionTime },
      }),
    ).toBeUndefined();
    expect(idle({})).toBeUndefined();
    expect(idle({ lastActivityAt, directories: undefined })).toBeUndefined();
  });
});

test("an anomaly names its kind, and only a slot that is allocated or cleaned has one", () => {
  expect(detect({ state: "allocated", lastAllocatedAt: hoursBefore(30) })?.kind).toBe("long_allocated_slot");
  expect(detect({ state: "available", updatedAt: hoursBefore(100) })).toBeUndefined();
});
