import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readStamp, readThroughNode, readerThroughLibc, stampLength } from "../../src/platform/file-stamp.ts";

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "stamp-"));
  writeFileSync(join(directory, "file"), "content");
  mkdirSync(join(directory, "folder"));
  symlinkSync("file", join(directory, "link"));
  symlinkSync("nowhere", join(directory, "dangling"));
  symlinkSync("loop", join(directory, "loop"));
  execFileSync("mkfifo", [join(directory, "fifo")]);
  writeFileSync(join(directory, "large"), "");
  truncateSync(join(directory, "large"), 5 * 1024 ** 3);
  for (const [name, time] of Object.entries({
    old: -86_400.25,
    late: 2 ** 33,
    exact: 1_700_000_000.123456,
  })) {
    writeFileSync(join(directory, name), "");
    utimesSync(join(directory, name), time, time);
  }
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

function stampOf(read: typeof readStamp, path: string): number[] | "nothing" {
  const stamp = new Float64Array(stampLength);
  return read(path, stamp) ? [...stamp] : "nothing";
}

const names = ["", "file", "folder", "link", "dangling", "loop", "fifo", "large", "old", "late", "exact"];

test.each(names)("the stamp of '%s' is what lstat says", (name) => {
  const path = join(directory, name);
  expect(stampOf(readThroughNode, path)).not.toBe("nothing");
  expect(stampOf(readStamp, path)).toEqual(stampOf(readThroughNode, path));
});

test.each(["missing", "file/below", "loop/below", "file\0more", ""])("there is none of '%s'", (name) => {
  const path = name === "" ? "" : `${directory}/${name}`;
  expect(stampOf(readThroughNode, path)).toBe("nothing");
  expect(stampOf(readStamp, path)).toBe("nothing");
});

test("where libc can be asked, it is asked, and says the same", () => {
  const throughLibc = readerThroughLibc();
  expect(throughLibc).toBeDefined();
  for (const name of names) {
    const path = join(directory, name);
    expect(stampOf(throughLibc ?? readThroughNode, path)).toEqual(stampOf(readThroughNode, path));
  }
});
