import { describe, expect, test } from "vitest";
import type { Slot, SlotRecordReading } from "../../../src/pool/pool.ts";
import { findKnownState, stateLostMark } from "../../../src/pool/records/known-state.ts";
import type { JsonObject } from "../../../src/pool/records/slot-record.ts";

function slotWith(reading: SlotRecordReading): Slot {
  return {
    slotId: "workspace-demo-slot2",
    repoName: "demo",
    number: 2,
    layout: "clone",
    recordPath: "/pools/demo/slot2/slot.json",
    path: "/pools/demo/slot2",
    reading,
  };
}

/** A record that is damaged somewhere else than in these fields. */
const damaged = (fields: JsonObject): Slot =>
  slotWith({ kind: "invalid", problems: [], fields } as unknown as SlotRecordReading);
const gone = slotWith({ kind: "missing" });
const mine = "workspace-demo-slot2";
const other = "workspace-demo-slot3";
const ofRecord = (state: string) => ({ state, source: "record" });
const ofCopy = (state: string) => ({ state, source: "copy" });

describe("what a slot's record says", () => {
  test.each(["available", "allocated", "cleaning", "error"])("%s is believed before the copy", (state) => {
    expect(findKnownState(damaged({ slot_id: mine, state }), { state: "available" })).toEqual(
      ofRecord(state),
    );
    expect(findKnownState(damaged({ state }), undefined)).toEqual(ofRecord(state));
  });

  test("is no state if it is none of the four", () => {
    expect(findKnownState(damaged({ state: "weird" }), undefined)).toBeUndefined();
    expect(findKnownState(damaged({ state: "weird" }), { state: "allocated" })).toEqual(ofCopy("allocated"));
  });

  test("is not believed while it is marked as lost", () => {
    const lost = { state: "error", metadata: { [stateLostMark]: "2026-01-01T00:00:00" } };
    expect(findKnownState(damaged(lost), undefined)).toBeUndefined();
    expect(findKnownState(gone, lost)).toBeUndefined();
  });
});

describe("a record that came from another slot", () => {
  test("gives way to the copy", () => {
    const slot = damaged({ slot_id: other, state: "available" });
    expect(findKnownState(slot, { state: "allocated" })).toEqual(ofCopy("allocated"));
  });

  test("proves without a copy that the slot is taken, never that it is free", () => {
    expect(findKnownState(damaged({ slot_id: other, state: "allocated" }), undefined)).toEqual(
      ofRecord("allocated"),
    );
    expect(findKnownState(damaged({ slot_id: other, state: "available" }), undefined)).toBeUndefined();
    expect(findKnownState(damaged({ slot_id: other, state: "error" }), undefined)).toBeUndefined();
  });

  test("is not one whose slot_id is damaged", () => {
    expect(findKnownState(damaged({ slot_id: "wörk", state: "available" }), undefined)).toEqual(
      ofRecord("available"),
    );
  });
});

test("a record that is gone leaves the copy, or nothing", () => {
  expect(findKnownState(gone, { state: "available" })).toEqual(ofCopy("available"));
  expect(findKnownState(gone, undefined)).toBeUndefined();
});
