import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePoolRecord } from "../../../src/pool/records/pool-record.ts";
import { parseSlotRecord } from "../../../src/pool/records/slot-record.ts";

const zone = "Europe/Berlin";
const slot = {
  slot_id: "workspace-demo-slot1",
  repo_name: "demo",
  repo_url: "https://git.example/demo.git",
  slot_path: "/pools/demo/slot1",
  state: "allocated",
  allocation_count: 3,
  total_usage_seconds: 12.5,
  last_allocated_at: "2026-05-04T10:00:00",
  last_released_at: null,
  current_branch: "main",
  current_commit: null,
  metadata: { ticket: 7 },
  created_at: "2026-05-01T10:00:00.123456",
  updated_at: "2026-05-04T10:00:00",
};
const pool = {
  repo_name: "demo",
  repo_url: "https://git.example/demo.git",
  num_slots: 3,
  created_at: "2026-05-01T10:00:00",
  updated_at: "2026-05-01T10:00:00",
  metadata: {},
};

function problemsOf(parsed: ReturnType<typeof parseSlotRecord> | ReturnType<typeof parsePoolRecord>) {
  return parsed.kind === "invalid" ? parsed.problems.map(({ field }) => field) : [];
}

describe("slot.json", () => {
  test("is read with local times, and keeps fields that nobody knows", () => {
    const parsed = parseSlotRecord({ ...slot, colour: "red" }, zone);
    expect(parsed).toMatchObject({
      kind: "valid",
      value: {
        state: "allocated",
        lastAllocatedAt: new Date("2026-05-04T08:00:00Z"),
        lastReleasedAt: undefined,
        currentCommit: undefined,
        zonedTimes: [],
        fields: { colour: "red" },
      },
    });
  });

  test("says which times carry a zone", () => {
    const parsed = parseSlotRecord({ ...slot, updated_at: "2026-05-04T10:00:00Z" }, zone);
    expect(parsed).toMatchObject({ kind: "valid", value: { zonedTimes: ["updated_at"] } });
  });

  test("is invalid with every problem at once", () => {
    const broken = { ...slot, state: "weird", allocation_count: -1, metadata: [], created_at: "yesterday" };
    expect(problemsOf(parseSlotRecord(broken, zone)).toSorted()).toEqual([
      "allocation_count",
      "created_at",
      "metadata",
      "state",
    ]);
  });

  test("needs each field that has no default", () => {
    for (const field of [
      "slot_id",
      "repo_name",
      "repo_url",
      "slot_path",
      "state",
      "created_at",
      "updated_at",
    ]) {
      const rest = Object.fromEntries(Object.entries(slot).filter(([name]) => name !== field));
      expect(problemsOf(parseSlotRecord(rest, zone)), field).toContain(field);
    }
  });

  test("is either valid or has a problem, whatever JSON it holds", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const parsed = parseSlotRecord(value, zone);
        expect(parsed.kind === "valid" || parsed.problems.length > 0).toBe(true);
      }),
    );
  });
});

describe("pool.json", () => {
  test("is read", () => {
    expect(parsePoolRecord(pool, zone)).toMatchObject({ kind: "valid", value: { numSlots: 3 } });
  });

  test.each([0.5, -1, 100_001, "3", null, undefined])("with num_slots %j is invalid", (count) => {
    expect(problemsOf(parsePoolRecord({ ...pool, num_slots: count }, zone))).toContain("num_slots");
  });
});

test("every field of slot.json is read, under its own name", () => {
  const released = { last_released_at: "2026-05-03T10:00:00Z", current_commit: "0123abc" };
  const parsed = parseSlotRecord({ ...slot, ...released }, zone);
  expect(parsed).toEqual({
    kind: "valid",
    value: {
      ...{ slotId: "workspace-demo-slot1", repoName: "demo", repoUrl: "https://git.example/demo.git" },
      ...{ slotPath: "/pools/demo/slot1", state: "allocated", allocationCount: 3, totalUsageSeconds: 12.5 },
      lastAllocatedAt: new Date("2026-05-04T08:00:00Z"),
      lastReleasedAt: new Date("2026-05-03T10:00:00Z"),
      ...{ currentBranch: "main", currentCommit: "0123abc", metadata: { ticket: 7 } },
      createdAt: new Date("2026-05-01T08:00:00.123Z"),
      updatedAt: new Date("2026-05-04T08:00:00Z"),
      ...{ zonedTimes: ["last_released_at"], fields: { ...slot, ...released } },
    },
  });
});

test.each([
  ["state", "lost", "one of available, allocated, cleaning, error"],
  ["slot_id", "", "a text"],
  ["repo_url", 7, "a text"],
  ["current_branch", 7, "a text or null"],
  ["allocation_count", -1, "a number, 0 or more"],
  ["total_usage_seconds", "12", "a number, 0 or more"],
  ["metadata", [], "an object"],
  ["updated_at", "yesterday", "an ISO 8601 time"],
] as const)("a wrong %s is told with what was expected and found", (field, value, expected) => {
  const parsed = parseSlotRecord({ ...slot, [field]: value }, zone);
  const found = JSON.stringify(value);
  expect(parsed).toMatchObject({ kind: "invalid", problems: [{ field, expected, found }] });
});

test("what may be absent may be null, and counts begin at 0", () => {
  const nothing = { last_allocated_at: undefined, current_branch: undefined, allocation_count: 0 };
  const parsed = parseSlotRecord({ ...slot, ...nothing, total_usage_seconds: undefined }, zone);
  expect(parsed).toMatchObject({
    kind: "valid",
    value: { lastAllocatedAt: undefined, currentBranch: undefined, allocationCount: 0, totalUsageSeconds: 0 },
  });
});

test("a document that is no object is told as a whole, and a long value is cut", () => {
  const list = parseSlotRecord(["x"], zone);
  const [first] = list.kind === "invalid" ? list.problems : [];
  expect(first).toEqual({ field: "", expected: "an object", found: '["x"]' });
  const foundOf = (length: number) => {
    const parsed = parseSlotRecord({ ...slot, state: "a".repeat(length) }, zone);
    return parsed.kind === "invalid" ? parsed.problems[0]?.found : undefined;
  };
  expect(foundOf(78)).toBe(`"${"a".repeat(78)}"`);
  expect(foundOf(79)).toBe(`"${"a".repeat(79)}…`);
  const absent = parseSlotRecord({ ...slot, slot_id: undefined }, zone);
  expect(absent).toMatchObject({ problems: [{ field: "slot_id", found: "nothing" }] });
});
