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
