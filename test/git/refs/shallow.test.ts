import fc from "fast-check";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatShallow, isShallow, parseShallow, readShallow } from "../../../src/git/refs/shallow.ts";
import { aFolder, anId } from "../a-folder.ts";
import { uncachedReader } from "../../../src/platform/slot-reader.ts";

test("what is written is read again", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 999 })), (numbers) => {
      const commits = numbers.map(anId);
      expect(parseShallow(Buffer.from(formatShallow(commits)))).toEqual(commits);
    }),
  );
});

test.each([
  ["a torn last line", `${anId(1)}\n${anId(2).slice(9)}`],
  ["ids of both lengths", `${anId(1)}\n${"b".repeat(64)}\n`],
  ["other text", "nothing\n"],
  ["an empty line", `${anId(1)}\n\n`],
])("%s is no list of commits", (_, text) => {
  expect(parseShallow(Buffer.from(text))).toBeUndefined();
});

test.each([
  ["capitals", `${anId("ABC").toUpperCase()}\n`],
  ["no last end of a line", anId("abc")],
  ["a carriage return", `${anId("abc")}\r\n`],
  ["other text behind an id", `${anId("abc")} x\n`],
])("%s: git reads the id", (_, text) => {
  expect(parseShallow(Buffer.from(text))).toEqual([anId("abc")]);
});

test("of a damaged file the lines are told that can be believed", () => {
  const folder = aFolder({ shallow: `\0\0\n${anId(1)}\nabc\n` });
  expect(readShallow(uncachedReader, folder)).toEqual({
    kind: "damaged",
    commits: [anId(1)],
    found: "other text",
  });
});

test("without the file a repository is not shallow, and a directory in its place is damage", () => {
  const folder = aFolder();
  expect(isShallow(folder)).toBe(false);
  expect(readShallow(uncachedReader, folder)).toEqual({ kind: "missing" });
  mkdirSync(join(folder, "shallow"));
  expect(isShallow(folder)).toBe(true);
  expect(readShallow(uncachedReader, folder)).toEqual({ kind: "damaged", commits: [], found: "not_a_file" });
});
