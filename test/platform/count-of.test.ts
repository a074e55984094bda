import { expect, test } from "vitest";
import { countOf } from "../../src/platform/count-of.ts";

test("one thing is not many", () => {
  expect([0, 1, 2].map((count) => countOf(count, "slot"))).toEqual(["0 slots", "1 slot", "2 slots"]);
  expect([0, 1].map((count) => countOf(count, "stash", "stashes"))).toEqual(["0 stashes", "1 stash"]);
});
