import { expect, test } from "vitest";
import { parseDurationSeconds } from "../../src/config/duration.ts";
import { parseStorageLimit } from "../../src/config/storage-limit.ts";

test.each([
  ["90s", 90],
  ["10m", 600],
  ["1h", 3600],
  ["7d", 604_800],
  ["0.5h", 1800],
])("the duration %s is %d seconds", (text, seconds) => {
  expect(parseDurationSeconds(text)).toBe(seconds);
});

test.each(["", "10", "-1h", "1w", "1h30m", "m"])("%j is no duration", (text) => {
  expect(parseDurationSeconds(text)).toBeUndefined();
});

test("a storage limit is a number of bytes or a share of the file system", () => {
  expect(parseStorageLimit("20GiB")).toEqual({ kind: "bytes", bytes: 20 * 1024 ** 3 });
  expect(parseStorageLimit("10% of the file system")).toEqual({ kind: "file_system_ratio", ratio: 0.1 });
});

test.each(["0%", "101%", "20", "20GB", "-1GiB"])("%j is no storage limit", (text) => {
  expect(parseStorageLimit(text)).toBeUndefined();
});
