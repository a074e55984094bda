import { expect, test } from "vitest";
import { findTimezoneMismatch } from "../../../src/pool/records/timezone-mismatch.ts";
import { aReading, hoursBefore } from "../../kit/an-inspection.ts";

const written = hoursBefore(5);
const off = (hours: number, zonedTimes: string[] = []) => ({
  reading: aReading({ updatedAt: new Date(written.getTime() + hours * 3_600_000), zonedTimes }, written),
});

test("two slots that are off by the same quarter hours tell of another zone", () => {
  expect(findTimezoneMismatch([off(2), off(2), off(0)])).toMatch(/2 slots is \+2 h/);
  expect(findTimezoneMismatch([off(-5.75), off(-5.75)])).toMatch(/-5\.75 h/);
});

test.each([
  ["one slot", [off(2)]],
  ["different offsets", [off(2), off(1)]],
  ["no whole quarter of an hour", [off(2.1), off(2.1)]],
  ["more than zones differ", [off(27), off(27)]],
  ["times that carry a zone", [off(2, ["updated_at"]), off(2, ["updated_at"])]],
  ["no offset", [off(0), off(0)]],
])("%s tells of nothing", (_what, slots) => {
  expect(findTimezoneMismatch(slots)).toBeUndefined();
});
