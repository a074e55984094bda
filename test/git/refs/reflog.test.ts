import fc from "fast-check";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  dropReflogEntries,
  formatReflog,
  logsDirectory,
  readLoggedIds,
  readReflog,
  reflogFolders,
  tellsDeletion,
} from "../../../src/git/refs/reflog.ts";
import { encodeBytes } from "../../../src/platform/byte-text.ts";
import { uncachedReader } from "../../../src/platform/slot-reader.ts";

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

function read(content: string | Buffer) {
  const path = join(folder, "HEAD");
  writeFileSync(path, content);
  return readReflog(uncachedReader, path);
}

test("entries come oldest first, with or without a message", () => {
  const log = `${first} ${second} ${who}\tcheckout: moving from a to b\n${second} ${first} ${who}\n`;
  expect(read(log)).toEqual([
    { oldId: first, newId: second, who, message: "checkout: moving from a to b" },
    { oldId: second, newId: first, who, message: "" },
  ]);
});

test("damaged lines are left out", () => {
  expect(read(`\0\0\0\n${first} ${second.slice(1)} ${who}\tx\n${first} ${second} ${who}\ty\n`)).toEqual([
    { oldId: first, newId: second, who, message: "y" },
  ]);
});

test("a reflog that is not there is empty", () => {
  expect(readReflog(uncachedReader, join(folder, "nothing"))).toEqual([]);
});

test("entries that lead to what is lost are dropped, and the chain is closed over them", () => {
  const third = "3".repeat(40);
  const none = "0".repeat(40);
  const log = read(
    `${none} ${first} ${who}\tinit\n${first} ${second} ${who}\tlost\n${second} ${third} ${who}\tkept\n`,
  );
  const kept = dropReflogEntries(log, (id) => id !== second);
  expect(formatReflog(kept)).toBe(`${none} ${first} ${who}\tinit\n${first} ${third} ${who}\tkept\n`);
});

test("a reflog is written as it was read", () => {
  const text = `${first} ${second} ${who}\tcommit: x\n${second} ${first} ${who}\n`;
  expect(formatReflog(read(text))).toBe(text);
});

test("every id is found that a line may name, of torn lines too", () => {
  const none = "0".repeat(40);
  const path = join(folder, "HEAD");
  writeFileSync(path, `${none} ${first} ${who}\tinit\n\0\0 ${second}\n${first} ${first.slice(1)} x\n`);
  expect(readLoggedIds(path)).toEqual([first, second]);
  expect(readLoggedIds(join(folder, "nothing"))).toEqual([]);
});

test("a name that is no UTF-8 stays as it is", () => {
  const path = join(folder, "HEAD");
  const text = Buffer.concat([
    Buffer.from(`${first} ${second} Ren`),
    Buffer.from([0xe9]),
    Buffer.from(" <r@example.com> 1 +0000\tx\n"),
  ]);
  writeFileSync(path, text);
  expect(encodeBytes(formatReflog(readReflog(uncachedReader, path)))).toEqual(text);
});

test("entries that are written are read again, byte by byte", () => {
  const ids = fc.stringMatching(/^[0-9a-f]{40}$/);
  const texts = fc.string({ unit: fc.constantFrom(..."a <>@\udce9\u2028é\\\r".split("")), maxLength: 12 });
  const entries = fc.array(fc.record({ oldId: ids, newId: ids, who: texts, message: texts }), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(entries, (written) => {
      expect(read(encodeBytes(formatReflog(written)))).toEqual(written);
    }),
  );
});

test("a log whose last entry leads to nothing tells that its ref was deleted", () => {
  const entry = (newId: string) => ({ oldId: first, newId, who, message: "" });
  const none = "0".repeat(40);
  expect(tellsDeletion([entry(second), entry(none)])).toBe(true);
  expect(tellsDeletion([entry(none), entry(second)])).toBe(false);
  expect(tellsDeletion([])).toBe(false);
});

test("the reflogs of branches are below three folders", () => {
  expect(reflogFolders("/r")).toEqual(["/r/logs", "/r/logs/refs", "/r/logs/refs/heads"]);
  expect(logsDirectory("/r")).toBe("/r/logs");
});

test("a reflog that is not there names no object", () => {
  expect(readLoggedIds(join(folder, "absent"))).toEqual([]);
});

test("an entry that began at what is lost begins where the one before it ended, or at nothing", () => {
  const lost = "9".repeat(40);
  const none = "0".repeat(40);
  const entry = (oldId: string, newId: string) => ({ oldId, newId, who, message: "" });
  const isWhole = (id: string) => id === first || id === second;
  expect(dropReflogEntries([entry(lost, first)], isWhole)).toEqual([entry(none, first)]);
  expect(dropReflogEntries([entry(none, first), entry(lost, second)], isWhole)).toEqual([
    ...[entry(none, first), entry(first, second)],
  ]);
  const sound = [entry(none, first), entry(second, first), entry(none, second)];
  expect(dropReflogEntries(sound, isWhole)).toEqual(sound);
});
