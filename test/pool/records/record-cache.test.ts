import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { stampLength } from "../../../src/platform/file-stamp.ts";
import { RecordCache } from "../../../src/pool/records/record-cache.ts";

let root: string;
let path: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-test-"));
  path = join(root, "file");
  writeFileSync(path, "one");
  // Else everything was just written.
  vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ["Date"] });
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(root, { recursive: true, force: true });
});

function sizeOf(cache: RecordCache): number | undefined {
  const stamp = new Float64Array(stampLength);
  return cache.readStamp(path, stamp) ? stamp[1] : undefined;
}

test("a file is read once until it changes", () => {
  const cache = new RecordCache();
  const read = vi.fn(() => ({}));
  const first = cache.read(path, read);
  expect(cache.read(path, read)).toBe(first);
  writeFileSync(path, "another");
  expect(cache.read(path, read)).not.toBe(first);
  expect(read).toHaveBeenCalledTimes(2);
});

test("within one look a file that was read is not asked again, and in the next look it is", () => {
  const cache = new RecordCache();
  cache.beginLook();
  cache.read(path, () => ({}));
  writeFileSync(path, "another");
  expect(sizeOf(cache)).toBe("one".length);
  cache.beginLook();
  expect(sizeOf(cache)).toBe("another".length);
  rmSync(path);
  expect(sizeOf(cache)).toBeUndefined();
});

test("a file that was not read, or just written, is asked each time", () => {
  const cache = new RecordCache();
  expect(sizeOf(cache)).toBe("one".length);
  vi.useRealTimers();
  writeFileSync(path, "another");
  cache.read(path, () => ({}));
  writeFileSync(path, "a third one");
  expect(sizeOf(cache)).toBe("a third one".length);
});

test("what nobody read between two sweeps is forgotten", () => {
  const cache = new RecordCache();
  const read = vi.fn(() => ({}));
  cache.read(path, read);
  cache.sweep();
  cache.read(path, read);
  expect(read).toHaveBeenCalledTimes(1);
  cache.sweep();
  cache.sweep();
  cache.read(path, read);
  expect(read).toHaveBeenCalledTimes(2);
});

test("a reading that failed is not kept, though the file stays the same", () => {
  const cache = new RecordCache();
  const read = vi.fn(() => ({ isRead: read.mock.calls.length > 1 }));
  const readIt = (): unknown => cache.read(path, read, ({ isRead }) => isRead);
  expect([readIt(), readIt(), readIt()].map((value) => (value as { isRead: boolean }).isRead)).toEqual([
    false,
    true,
    true,
  ]);
  expect(read).toHaveBeenCalledTimes(2);
});
