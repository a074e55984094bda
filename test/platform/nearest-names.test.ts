import { expect, test } from "vitest";
import { nearestNames } from "../../src/platform/nearest-names.ts";

test.each([
  ["stats", ["status", "start"], "; did you mean status, start?"],
  ["slto", ["lot", "slot", "slots"], "; did you mean slot, slots, lot?"],
  ["abc", ["xyz", "abcdef", "abcdefg"], "; did you mean xyz, abcdef?"],
  ["aaaa", ["aaab", "aaac", "aaad", "aaae"], "; did you mean aaab, aaac, aaad?"],
  ["maintenance_windo", ["maintenance_windows"], "; did you mean maintenance_windows?"],
  ["stale_hours", ["stale_lock_hours", "other"], "; did you mean stale_lock_hours?"],
  ["", ["abc", "abcd"], "; did you mean abc?"],
  ["status", ["inventory"], ""],
  ["status", [], ""],
])("%j among %j is told with %j", (wanted, known, told) => {
  expect(nearestNames(wanted, known)).toBe(told);
});
