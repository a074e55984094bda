import { expect, test } from "vitest";
import { formatBytes, formatDuration } from "../../../src/platform/readable-units.ts";
import { timeElement } from "../../../src/http/page/page-time.ts";

test.each([
  [-5, "0 s"],
  [59.9, "59 s"],
  [60, "1 min"],
  [3600, "1 h"],
  [12_060, "3 h 21 min"],
  [86_400, "1 d"],
  [97_200, "1 d 3 h"],
])("%d seconds are shown as %s", (seconds, shown) => {
  expect(formatDuration(seconds)).toBe(shown);
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [5_242_880, "5.0 MiB"],
  [2 ** 60, "1048576.0 TiB"],
])("%d bytes are shown as %s", (bytes, shown) => {
  expect(formatBytes(bytes)).toBe(shown);
});

test("an instant is shown by its distance, before and after now", () => {
  const now = new Date("2026-05-04T12:00:00Z");
  expect(timeElement(new Date("2026-05-04T11:58:00Z"), now).markup).toContain(">2 min ago<");
  expect(timeElement(new Date("2026-05-04T13:00:00Z"), now).markup).toContain(">in 1 h<");
});
