import { expect, test } from "vitest";
import { parseDurationSeconds } from "../../src/config/duration.ts";

test.each([
  ["90s", 90],
  ["10m", 600],
  ["1h", 3600],
  ["7d", 604_800],
  ["0.5h", 1800],
  [" 10.25m ", 615],
])("the duration %s is %d seconds", (text, seconds) => {
  expect(parseDurationSeconds(text)).toBe(seconds);
});

test.each(["", "10", "-1h", "1w", "1h30m", "m", "in 1h", "1h or so", "1.h"])("%j is no duration", (text) => {
  expect(parseDurationSeconds(text)).toBeUndefined();
});
