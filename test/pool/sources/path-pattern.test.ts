import fc from "fast-check";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeAllSteps } from "../../../src/platform/steps.ts";
import {
  expandPattern,
  findPatternFault,
  isMatch,
  literalPattern,
} from "../../../src/pool/sources/path-pattern.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-test-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function expand(pattern: string) {
  return takeAllSteps(expandPattern(pattern));
}

test("a pattern matches directories and links to directories, no files, and hidden names only if it names them", () => {
  for (const name of ["b", "a", ".hidden"]) mkdirSync(join(root, name));
  writeFileSync(join(root, "file"), "");
  symlinkSync("a", join(root, "link"));
  expect(expand(`${root}/*`).paths).toEqual(["a", "b", "link"].map((name) => join(root, name)));
  expect(expand(`${root}/.h*`).paths).toEqual([join(root, ".hidden")]);
});

test("a link cycle is told, and matches nothing", () => {
  symlinkSync("two", join(root, "one"));
  symlinkSync("one", join(root, "two"));
  const { paths, unread } = expand(`${root}/*`);
  expect(paths).toEqual([]);
  expect(unread.map(({ path }) => path)).toEqual([join(root, "one"), join(root, "two")]);
});

test("a name with a line break, or of bytes that are no UTF-8, is told instead of matched", () => {
  mkdirSync(join(root, "two\nlines"));
  mkdirSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe])]));
  const { paths, unread } = expand(`${root}/*`);
  expect(paths).toEqual([]);
  expect(unread).toHaveLength(2);
});

test("a literal pattern matches one path, whatever characters are in it", () => {
  for (const name of ["a*b", "axb", "c?", "d\\e"]) mkdirSync(join(root, name));
  for (const name of ["a*b", "c?", "d\\e"])
    expect(expand(literalPattern(join(root, name))).paths).toEqual([join(root, name)]);
});

test("what is not there matches nothing, and is no error", () => {
  expect(expand(`${root}/missing/*/deep`)).toMatchObject({ paths: [], unread: [] });
});

test.each([
  ["/src/*/x", "/src/a/x", true],
  ["/src/*/x", "/src/a/b/x", false],
  ["/src/*", "/src/.hidden", false],
  ["/src/a.b", "/src/acb", false],
  ["/src/f?x-*", "/src/fix-1", true],
])("%s and %s: %s", (pattern, path, expected) => {
  expect(isMatch(path, pattern)).toBe(expected);
});

test("a pattern of no fixed depth is refused", () => {
  expect(findPatternFault("/src/**/x")).toMatch("depth");
  expect(findPatternFault("/src/*")).toBeUndefined();
});

test("a path taken literally matches itself alone, whatever its name", () => {
  const names = fc.string({
    unit: fc.constantFrom(..."ab*?\\.[](){}+^$|é".split("")),
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(names, names, (name, other) => {
      expect(isMatch(name, literalPattern(name)) || name === ".").toBe(true);
      expect(isMatch(other, literalPattern(name)) && other !== name).toBe(false);
    }),
  );
});

test("which of the matches are no links is told, however they were matched", () => {
  mkdirSync(join(root, "a"));
  symlinkSync("a", join(root, "link"));
  for (const pattern of [`${root}/*`, `${root}/a`, `${root}/link`]) {
    const { paths, directories } = expand(pattern);
    for (const path of paths) expect(directories.has(path)).toBe(path === join(root, "a"));
  }
});

test("a pattern may lead through a parent, and starts at the root", () => {
  mkdirSync(join(root, "a"));
  expect(expand(`${root}/a/../*`).paths).toEqual([join(root, "a")]);
  expect(expand("/").paths).toEqual(["/"]);
});
