import type { Finding } from "../../src/inspection/finding.ts";
import type { SlotInspection } from "../../src/inspection/slot-inspection.ts";
import type { Slot, SlotRecordReading } from "../../src/pool/pool.ts";
import type { SlotRecord } from "../../src/pool/records/slot-record.ts";
import { formatSlotId } from "../../src/pool/slot-id.ts";

/** The time at which the builders' facts were read. */
export const inspectionTime = new Date("2026-05-04T12:00:00Z");

export function hoursBefore(hours: number, time = inspectionTime): Date {
  return new Date(time.getTime() - hours * 3_600_000);
}

/** The record of a slot that nobody uses. */
function aRecord(given: Partial<SlotRecord> = {}): SlotRecord {
  return {
    slotId: formatSlotId("demo", 1),
    repoName: "demo",
    repoUrl: "https://git.example/demo.git",
    slotPath: "/pools/demo/slot1",
    state: "available",
    allocationCount: 0,
    totalUsageSeconds: 0,
    lastAllocatedAt: undefined,
    lastReleasedAt: undefined,
    currentBranch: "main",
    currentCommit: undefined,
    metadata: {},
    createdAt: hoursBefore(100),
    updatedAt: hoursBefore(1),
    zonedTimes: [],
    fields: {},
    ...given,
  };
}

export function aReading(given: Partial<SlotRecord> = {}, modifiedAt?: Date): SlotRecordReading {
  const record = aRecord(given);
  return { kind: "valid", record, version: "1", modifiedAt: modifiedAt ?? record.updatedAt };
}

export function aSlotOnDisk(given: Partial<Slot> = {}): Slot {
  const number = given.number ?? 1;
  const path = `/pools/demo/slot${number}`;
  return {
    slotId: formatSlotId("demo", number),
    repoName: "demo",
    number,
    layout: "clone",
    recordPath: `${path}/slot.json`,
    path,
    reading: aReading(),
    ...given,
  };
}

/** A healthy slot in which nothing happens. */
export function anInspection(given: Partial<SlotInspection> = {}): SlotInspection {
  return {
    slot: aSlotOnDisk(),
    inspectedAt: inspectionTime,
    probedAt: inspectionTime,
    directories: undefined,
    ownerUid: 1000,
    findings: [],
    unverified: [],
    unread: [],
    mainRepository: undefined,
    hasGitProcessInPool: false,
    remoteUrl: "https://git.example/demo.git",
    expectedRemoteUrl: "https://git.example/demo.git",
    gitLocks: [],
    branch: "main",
    commit: undefined,
    unsupported: undefined,
    lastActivityAt: undefined,
    processes: [],
    gitActivityAt: undefined,
    heartbeatAt: undefined,
    unsavedWork: undefined,
    ...given,
  };
}

export function aFinding(code: Finding["code"], given: Partial<Finding> = {}): Finding {
  return { code, path: "/pools/demo/slot1/.git/HEAD", expected: "a", found: "b", depth: "probe", ...given };
}
