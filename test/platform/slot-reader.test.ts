import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readRange } from "../../src/platform/regular-file.ts";
import { SlotReader, uncachedReader } from "../../src/platform/slot-reader.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-reader-"));
  writeFileSync(join(directory, "HEAD"), "ref: refs/heads/main\n");
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

const maxBytes = 100;

test("one look sees the names that were there when it listed them, the next look sees what is there now", () => {
  const reader = new SlotReader();
  expect(reader.listNames(directory)).toEqual(["HEAD"]);
  writeFileSync(join(directory, "config"), "");
  expect(reader.listNames(directory)).toEqual(["HEAD"]);
  expect(reader.readRegularFile(join(directory, "config"), { maxBytes }).kind).toBe("missing");
  expect(reader.fork().listNames(directory)).toEqual(["HEAD", "config"]);
  expect(uncachedReader.listNames(directory)).toEqual(["HEAD", "config"]);
  reader.forgetListing(directory);
  expect(reader.listNames(directory)).toEqual(["HEAD", "config"]);
});

test("nothing is in a directory that was not there when one look asked for it", () => {
  const reader = new SlotReader();
  const folder = join(directory, "logs");
  expect(reader.readDirectory(folder).kind).toBe("missing");
  mkdirSync(folder);
  writeFileSync(join(folder, "HEAD"), "");
  expect(reader.readRegularFile(join(folder, "HEAD"), { maxBytes }).kind).toBe("missing");
  expect(reader.fork().readRegularFile(join(folder, "HEAD"), { maxBytes }).kind).toBe("content");
});

test("each path that is asked about is collected, whether the file system or a listing answers", () => {
  const paths = new Set<string>();
  const reader = new SlotReader({ paths });
  const at = (name: string) => join(directory, name);
  reader.listNames(directory);
  reader.readRegularFile(at("HEAD"), { maxBytes });
  reader.readEntry(at("config"));
  expect(reader.isListedMissing(at("index"))).toBe(true);
  reader.readDirectory(at("refs"));
  reader.fork().listAllNames(at("logs"));
  reader.readLinkEnd(at("MERGE_HEAD"));
  const names = ["HEAD", "config", "index", "refs", "logs", "MERGE_HEAD"];
  expect([...paths].sort()).toEqual([directory, ...names.map(at)].sort());
});

test("what the system would not read is noted for this look alone, and what is not there is no failure", () => {
  const reader = new SlotReader();
  const fork = reader.fork();
  const unreadable = "/proc/self/mem";
  for (const each of [reader, uncachedReader]) {
    const reading = each.withOpenFile(unreadable, (descriptor) => readRange(descriptor, 0, 1));
    expect(reading).toEqual({ kind: "unreadable", errorCode: "EIO" });
    each.readRegularFile(join(directory, "HEAD/config"), { maxBytes });
    each.resolveLinks(join(directory, "refs"));
  }
  expect([...reader.failures]).toEqual([[unreadable, "EIO"]]);
  expect(fork.failures.size + uncachedReader.failures.size).toBe(0);
});

test("nothing is at a path with a NUL byte, of which the system cannot be asked", () => {
  const reader = new SlotReader();
  const path = `${directory}/HEAD\0x`;
  expect(reader.readEntry(path).kind).toBe("missing");
  expect(reader.readRegularFile(path, { maxBytes: 10 }).kind).toBe("missing");
  expect(reader.isDirectory(path)).toBe(false);
  expect(reader.listNames(path)).toEqual([]);
  expect(reader.failures.size).toBe(0);
});
