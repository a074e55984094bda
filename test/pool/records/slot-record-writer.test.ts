import { expect, test } from "vitest";
import type { Pool, Slot } from "../../../src/pool/pool.ts";
import type { JsonObject } from "../../../src/pool/records/slot-record.ts";
import { rebuildSlotFields } from "../../../src/pool/records/slot-record-writer.ts";

const pool = { repoName: "demo", repoUrl: "file:///origin.git" } as Pool;

function rebuild(fields: JsonObject, copy?: JsonObject): JsonObject {
  const slot = {
    slotId: "workspace-demo-slot2",
    path: "/pools/demo/slot2",
    reading: { kind: "invalid", problems: [], fields: { slot_id: "workspace-demo-slot2", ...fields } },
  } as unknown as Slot;
  const tip = { branch: "main", commit: "a".repeat(40) };
  return rebuildSlotFields(slot, pool, {
    ...{ now: new Date("2026-05-04T11:00:00Z"), timeZone: "Asia/Tokyo", tip },
    ...(copy === undefined ? {} : { copy }),
  });
}

test.each([
  ["2026-05-01T10:00:00.123456", "2026-05-01T10:00:00.123456"],
  ["2026-05-01 10:00:00", "2026-05-01T10:00:00.000000"],
  ["2026-05-01T10:00:00Z", "2026-05-01T19:00:00.000000"],
  ["2026-05-01T10:00:00+0200", "2026-05-01T17:00:00.000000"],
])("the time of an allocation survives a repair: %s", (given, expected) => {
  expect(rebuild({ state: "allocated", last_allocated_at: given })["last_allocated_at"]).toBe(expected);
});

test.each(["2026-02-30T10:00:00", "2026-05-01T24:00:00", "0001-01-01T00:00:00", "2026-05-01", "", 7, ["x"]])(
  "a time that cannot be read does not survive a repair, which would not help then: %j",
  (given) => {
    const damaged = { last_allocated_at: given, last_released_at: given, created_at: given };
    const now = "2026-05-04T20:00:00.000000";
    expect(rebuild(damaged)).toMatchObject({
      ...{ last_allocated_at: null, last_released_at: null, created_at: now, updated_at: now },
    });
    const known = "2026-05-01T10:00:00.000000";
    const copy = { last_allocated_at: known, last_released_at: known, created_at: known };
    expect(rebuild(damaged, copy)).toMatchObject(copy);
  },
);
