import { expect, test } from "vitest";
import { formatBytes, formatDuration, formatMebibytes } from "../../src/platform/readable-units.ts";

test.each([
  [-5, "0 s"],
  [0, "0 s"],
  [59.9, "59 s"],
  [60, "1 min"],
  [3_599, "59 min"],
  [3_600, "1 h"],
  [12_059, "3 h 20 min"],
  [86_399, "23 h 59 min"],
  [86_400, "1 d"],
  [93_600, "1 d 2 h"],
  [10 * 86_400 + 3_599, "10 d"],
])("%d seconds are %s", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test.each([
  [0, "0 B"],
  [0.5, "0.5 B"],
  [1, "1 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [1.5 * 1024 ** 2, "1.5 MiB"],
  [1.5 * 1024 ** 3, "1.5 GiB"],
  [2 * 1024 ** 4, "2.0 TiB"],
  [5000 * 1024 ** 4, "5000.0 TiB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test("mebibytes are rounded up", () => {
  expect([0, 1, 1024 ** 2, 1024 ** 2 + 1].map(formatMebibytes)).toEqual(["0 MiB", "1 MiB", "1 MiB", "2 MiB"]);
});
