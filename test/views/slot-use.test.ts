import { expect, test } from "vitest";
import type { SlotOwner } from "../../src/inspection/slot-owner.ts";
import { countUses, stateOrUse, useOf } from "../../src/views/slot-use.ts";

const ownedBy = (evidence: SlotOwner["evidence"]) => ({ owner: { evidence, detail: "" } });

test.each([
  ["none", "not in use"],
  ["unseen", "use unknown"],
  ["hold", "in use"],
  ["process", "in use"],
] as const)("evidence %s reads %s", (evidence, use) => {
  expect(useOf(ownedBy(evidence))).toBe(use);
});

test("uses are counted as far as there are any", () => {
  expect(countUses([ownedBy("none"), ownedBy("git_lock"), ownedBy("none"), {}])).toEqual({
    "not in use": 2,
    "in use": 1,
    "use unknown": 1,
  });
});

test("a slot of a source has a use in the place of a state", () => {
  expect(stateOrUse({ ...ownedBy("none"), state: "available" })).toBe("not in use");
  expect(stateOrUse({ state: "available" })).toBe("available");
  expect(stateOrUse({ state: undefined })).toBe("unreadable");
});
