import { expect, test } from "vitest";
import type { Finding } from "../../src/inspection/finding.ts";
import type { JournalEntry } from "../../src/journal/journal-entry.ts";
import { createWhyReport, type SlotEvidence, type WatchedSlot } from "../../src/views/why-report.ts";
import { aLongAllocatedSlot, aPool, aSlot, aSnapshot, snapshotTime } from "../kit/a-snapshot.ts";

const slotId = "workspace-demo-slot1";
const since = new Date("2026-05-01T00:00:00Z");
const emptyHead: Finding = {
  code: "head_invalid",
  path: "/pools/demo/slot1/.git/HEAD",
  expected: "a branch or a commit",
  found: "nothing",
  depth: "probe",
};
const lostObject: Finding = { ...emptyHead, code: "object_missing", depth: "connectivity" };

function aReport(given: Partial<SlotEvidence> = {}) {
  const faulty = aSlot({ reasons: ["head_invalid"], evidence: [emptyHead] });
  const snapshot = aSnapshot({ pools: [aPool({ slots: [faulty] })] });
  return createWhyReport({ slotId, repoName: "demo", snapshot, watched: undefined, journal: [], ...given });
}

function watched(reasons: readonly string[], findings: readonly Finding[]): WatchedSlot {
  const work = { unsavedWork: ["stash"] as const, unsavedWorkSeenAt: since };
  return { faulty: { since, reasons }, deep: { verifiedAt: { connectivity: since }, findings, ...work } };
}

test("a look at this moment gives the reasons and their evidence", () => {
  expect(aReport()).toMatchObject({
    slot_id: slotId,
    checked_at: snapshotTime.toISOString(),
    state: "available",
    reasons: ["head_invalid"],
    evidence: [{ code: "head_invalid", found: "nothing", depth: "probe" }],
    faulty_since: null,
    unsaved_work: null,
    last_recovery: null,
  });
});

test("what only deep checks saw is added, and no code is told twice", () => {
  const report = aReport({ watched: watched(["head_invalid", "object_missing"], [emptyHead, lostObject]) });
  expect(report.evidence.map(({ code }) => code)).toEqual(["head_invalid", "object_missing"]);
  expect(report.reasons).toEqual(["head_invalid", "object_missing"]);
  expect(report.verified_at).toEqual({ connectivity: since.toISOString(), full: null });
  expect(report.unsaved_work).toEqual(["stash"]);
  expect(report.unsaved_work_seen_at).toBe(since.toISOString());
});

test.each([
  ["unchanged since", new Date(since.getTime() - 1), []],
  ["changed since", new Date(since.getTime() + 1), ["unknown"]],
])("no unsaved work in an earlier look at a slot that is %s", (_, changedAt, kinds) => {
  const known = watched([], []);
  const snapshot = aSnapshot({ pools: [aPool({ slots: [aSlot({ changedAt })] })] });
  const deep = known.deep && { ...known.deep, unsavedWork: [] };
  const report = aReport({ snapshot, watched: { ...known, deep } });
  expect([report.unsaved_work, report.unsaved_work_seen_at]).toEqual([kinds, since.toISOString()]);
});

test("a deep look at this moment replaces what earlier ones found", () => {
  const slot = aSlot({ unsavedWork: [], unsavedWorkSeenAt: snapshotTime });
  const snapshot = aSnapshot({ isDeep: true, pools: [aPool({ slots: [slot] })] });
  expect(aReport({ snapshot, watched: watched(["object_missing"], [lostObject]) })).toMatchObject({
    ...{ deep: true, reasons: [], evidence: [] },
    ...{ unsaved_work: [], unsaved_work_seen_at: snapshotTime.toISOString() },
  });
});

test("a deep look that a fault kept git from is none, and what earlier ones found stays", () => {
  const slot = aSlot({ reasons: ["head_invalid"], evidence: [emptyHead] });
  const snapshot = aSnapshot({ isDeep: true, pools: [aPool({ slots: [slot] })] });
  expect(aReport({ snapshot, watched: watched(["object_missing"], [lostObject]) })).toMatchObject({
    ...{ deep: false, reasons: ["head_invalid", "object_missing"] },
    ...{ unsaved_work: ["stash"], unsaved_work_seen_at: since.toISOString() },
  });
});

test("the beginning of a fault counts only if the same reasons were seen then", () => {
  const isKnown = aReport({ watched: watched(["head_invalid"], []) });
  const isOther = aReport({ watched: watched(["index_invalid"], []) });
  expect([isKnown.faulty_since, isOther.faulty_since]).toEqual([since.toISOString(), null]);
});

test("a long allocation is told of the slot itself, not of another", () => {
  const anomalies = (id: string) => ({
    longAllocatedSlots: [aLongAllocatedSlot({ slotId: id })],
    corruptedSlots: [],
    orphanedLocks: [],
  });
  const own = aReport({ snapshot: aSnapshot({ anomalies: anomalies(slotId) }) });
  const other = aReport({ snapshot: aSnapshot({ anomalies: anomalies("workspace-demo-slot2") }) });
  expect(own.long_allocation).toEqual({ reason: "allocation_too_old", allocated_hours: 30 });
  expect(other.long_allocation).toBeNull();
});

test("the last recovery is the newest outcome of the slot", () => {
  const line = (given: Partial<JournalEntry>): JournalEntry => ({
    schema_version: 1,
    at: "2026-05-04T11:00:00.000Z",
    kind: "outcome",
    recovery_id: "r1",
    trigger: "schedule",
    mode: "live",
    slot_id: slotId,
    ...given,
  });
  const journal = [
    line({}),
    line({ recovery_id: "r2", action: "reclone", outcome: "done" }),
    line({ recovery_id: "r3", slot_id: "workspace-demo-slot2" }),
    line({ recovery_id: "r4", kind: "intent" }),
  ];
  expect(aReport({ journal }).last_recovery).toMatchObject({ recovery_id: "r2", action: "reclone" });
});

test("a slot that no look has found has no state and no reasons", () => {
  const report = aReport({ snapshot: aSnapshot({ pools: [] }) });
  expect([report.state, report.reasons, report.evidence]).toEqual([null, [], []]);
});
