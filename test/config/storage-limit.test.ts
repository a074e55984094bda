import { expect, test } from "vitest";
import { parseStorageLimit, sizePattern, storageLimitPattern } from "../../src/config/storage-limit.ts";

test.each([
  ["7B", 7],
  ["2KiB", 2048],
  ["3 MiB", 3 * 1024 ** 2],
  [" 20GiB ", 20 * 1024 ** 3],
  ["1.5  TiB", 1.5 * 1024 ** 4],
  ["10.25KiB", 10_496],
  ["0.3KiB", 307],
])("the storage limit %j is %d bytes", (text, bytes) => {
  expect(parseStorageLimit(text)).toEqual({ kind: "bytes", bytes });
});

test.each([
  ["10% of the file system", 0.1],
  [" 100% ", 1],
  ["12.25  %", 0.1225],
])("the storage limit %j is a share of %d of the file system", (text, ratio) => {
  expect(parseStorageLimit(text)).toEqual({ kind: "file_system_ratio", ratio });
});

const wrong = ["20", "20GB", "-1GiB", "about 1GiB", "1GiB or so", "1.GiB", "-1%", "1% of it", "GiB", ""];

test.each([...wrong, "0%", "101%"])("%j is no storage limit", (text) => {
  expect(parseStorageLimit(text)).toBeUndefined();
});

test("an editor takes what is read as a limit, and as a size what is a number of bytes", () => {
  const sizes = ["7B", "20KiB", "3 MiB", "10.25  GiB", "1TiB"];
  const shares = ["10%", "12.25  % of the file system"];
  const taken = (pattern: RegExp) => [...sizes, ...shares, ...wrong].filter((text) => pattern.test(text));
  expect(taken(storageLimitPattern)).toEqual([...sizes, ...shares]);
  expect(taken(sizePattern)).toEqual(sizes);
});
