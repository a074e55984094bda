import fc from "fast-check";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  formatRefFile,
  isRefName,
  parseHead,
  readFirstBranch,
  readHead,
} from "../../../src/git/refs/head.ts";
import { aFolder, anId } from "../a-folder.ts";
import { uncachedReader } from "../../../src/platform/slot-reader.ts";

test("a branch and a commit are read as they were written", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), fc.nat(), (text, number) => {
      const ref = `refs/heads/${text}`;
      fc.pre(isRefName(ref));
      expect(parseHead(Buffer.from(formatRefFile(ref)))).toEqual({ kind: "branch", ref });
      const commit = anId(number);
      expect(parseHead(Buffer.from(formatRefFile(commit)))).toEqual({ kind: "detached", commit });
    }),
  );
});

describe("what git reads otherwise than one would think", () => {
  test.each([
    ["white space around the name", "ref: \t refs/heads/a \r\n", { kind: "branch", ref: "refs/heads/a" }],
    ["no space at all", "ref:refs/heads/a", { kind: "branch", ref: "refs/heads/a" }],
    ["anything behind a NUL", "ref: refs/heads/a\0x", { kind: "branch", ref: "refs/heads/a" }],
    ["anything behind an id", `${anId(1)} x\n`, { kind: "detached", commit: anId(1) }],
    ["an id in capitals", `${anId("AB").toUpperCase()}\n`, { kind: "detached", commit: anId("ab") }],
  ])("%s", (_, text, head) => {
    expect(parseHead(Buffer.from(text))).toEqual(head);
  });

  test.each([
    ["a form feed at the end", "ref: refs/heads/a\f\n"],
    ["a ref outside", "ref: ../config\n"],
    ["zeros", `${"0".repeat(40)}\n`],
    ["a second line", "ref: refs/heads/a\nref: refs/heads/b\n"],
  ])("%s is no HEAD", (_, text) => {
    expect(parseHead(Buffer.from(text))).toMatchObject({ kind: "invalid" });
  });
});

test("an empty file is told as such", () => {
  expect(parseHead(Buffer.alloc(0))).toEqual({ kind: "invalid", found: "an empty file" });
});

test("the first line may still name a branch", () => {
  expect(readFirstBranch(aFolder({ HEAD: "ref: refs/heads/a\n\0\0\0x\n" }))).toBe("refs/heads/a");
  expect(readFirstBranch(aFolder({ HEAD: "ref: refs/heads/a" }))).toBeUndefined();
  expect(readFirstBranch(aFolder())).toBeUndefined();
});

test("a link to a ref is a branch, any other link and a directory are not", () => {
  const folder = aFolder();
  expect(readHead(uncachedReader, folder)).toEqual({ kind: "missing" });
  symlinkSync("refs/heads/a", join(folder, "HEAD"));
  expect(readHead(uncachedReader, folder)).toEqual({ kind: "branch", ref: "refs/heads/a" });
  const other = aFolder();
  symlinkSync("/etc/hostname", join(other, "HEAD"));
  expect(readHead(uncachedReader, other)).toEqual({ kind: "invalid", found: "a link" });
  const third = aFolder();
  mkdirSync(join(third, "HEAD"));
  expect(readHead(uncachedReader, third)).toEqual({ kind: "invalid", found: "directory" });
});

test.each([
  "refs/heads/a..b",
  "refs/heads/a.lock",
  "refs/heads/.a",
  "refs/heads/a b",
  "HEAD",
  "refs/heads/a~1",
])("%s is no name of a ref", (name) => {
  expect(isRefName(name)).toBe(false);
});
