import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readReflog } from "../../src/recovery/reflog.ts";

const first = "1".repeat(40);
const second = "2".repeat(40);
const who = "A <a@example.com> 1700000000 +0900";
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-reflog-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function read(content: string) {
  const path = join(folder, "HEAD");
  writeFileSync(path, content);
  return readReflog(path);
}

test("entries come oldest first, with or without a message", () => {
  const log = `${first} ${second} ${who}\tcheckout: moving from a to b\n${second} ${first} ${who}\n`;
  expect(read(log)).toEqual([
    { newId: second, message: "checkout: moving from a to b" },
    { newId: first, message: "" },
  ]);
});

test("damaged lines are left out", () => {
  expect(read(`\0\0\0\n${first} ${second.slice(1)} ${who}\tx\n${first} ${second} ${who}\ty\n`)).toEqual([
    { newId: second, message: "y" },
  ]);
});

test("a reflog that is not there is empty", () => {
  expect(readReflog(join(folder, "nothing"))).toEqual([]);
});
