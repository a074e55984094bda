import fc from "fast-check";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  configValue,
  formatGitConfig,
  formatGitSettings,
  parseConfigBoolean,
  parseConfigInteger,
  parseGitConfig,
  readGitConfig,
  readGitConfigFile,
} from "../../../src/git/config/git-config.ts";
import { readSubmodules } from "../../../src/git/config/submodule-paths.ts";
import { aFolder } from "../a-folder.ts";
import { uncachedReader } from "../../../src/platform/slot-reader.ts";

const names = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/);
const subsections = fc.string({
  unit: fc.constantFrom(...'a."\\ é]#'.split("")),
  minLength: 1,
  maxLength: 6,
});
const values = fc.string({ unit: fc.constantFrom(...'a "\\\n\t\r\u2028;#=é'.split("")), maxLength: 8 });
const keys = fc.oneof(
  fc.tuple(names, names).map(([section, key]) => `${section}.${key}`),
  fc.tuple(names, subsections, names).map((parts) => parts.join(".")),
);
const settings = fc
  .array(fc.tuple(keys, fc.array(values, { minLength: 1, maxLength: 3 })), { maxLength: 6 })
  .map((pairs) => new Map(pairs));

test("what is written is read again, every section and value", () => {
  fc.assert(
    fc.property(settings, (written) => {
      const reading = parseGitConfig(Buffer.from(formatGitConfig(written)));
      expect(reading.kind === "valid" ? new Map(reading.config.values) : reading).toEqual(written);
    }),
  );
});

const parsed = (text: string): Record<string, readonly string[]> | number => {
  const reading = parseGitConfig(Buffer.from(text));
  return reading.kind === "valid" ? Object.fromEntries(reading.config.values) : reading.line;
};

describe("as git reads it", () => {
  test.each([
    ["names in any case", "[Core]\nBARE = true\n", { "core.bare": ["true"] }],
    ["a name without a value", "[core]\n bare\n", { "core.bare": ["true"] }],
    ["a subsection keeps its case", '[remote "Ab"]\nurl=x', { "remote.Ab.url": ["x"] }],
    [
      "comments, and one that is quoted",
      '[a]\nb = x ; y\nc = "x ; y" # z\n',
      { "a.b": ["x"], "a.c": ["x ; y"] },
    ],
    ["a value over two lines", "[a]\nb = x\\\ny\n", { "a.b": ["xy"] }],
    ["a setting on the section's line", "[a]b=c\n", { "a.b": ["c"] }],
    ["a mark of byte order and line ends of Windows", "\uFEFF[a]\r\nb=c\r\n", { "a.b": ["c"] }],
    ["several values", "[a]\nb=1\nb=2\n", { "a.b": ["1", "2"] }],
    ["lines of comments", "# x\n; [y]\n[a] ; z\n# =\nb = 1\n", { "a.b": ["1"] }],
    ["space around all of it", " [a]\n\t b-1X \t=\t x  y \t\n\r\n", { "a.b-1x": ["x  y"] }],
    ["a value that is empty, and one that ends the file", "[a]\nb =\nc = x", { "a.b": [""], "a.c": ["x"] }],
    ["every escape", '[a]\nb = \\n\\t\\b\\"\\\\\n', { "a.b": ['\n\t\b"\\'] }],
    ["quotes within a value", '[a]\nb = x" ;  "y"#" z\n', { "a.b": ["x ;  y# z"] }],
    ["a quote over two lines", '[a]\nb = "x \\\n y"\n', { "a.b": ["x  y"] }],
    ["a section with a dot", "[A.b-1]\nc = d\n", { "a.b-1.c": ["d"] }],
    ["escapes of a subsection", '[a \t"x\\"y\\\\\\z]."]\nb = c\n', { 'a.x"y\\z]..b': ["c"] }],
  ])("%s", (_, text, expected) => {
    expect(parsed(text)).toEqual(expected);
  });

  test.each([
    ["a section that does not end", "[core\n[a]\n", 2],
    ["a setting in no section's form", "[a]\n1b = c\n", 2],
    ["a quote that stays open", '[a]\nb = "c\n', 2],
    ["an escape that is unknown", "[a]\nb = \\x\n", 2],
    ["a section without a name", "[]\n", 1],
    ["a section with another character", "[a_b]\n", 1],
    ["a subsection without quotes", "[a b]\n", 1],
    ["something behind a subsection", '[a "b" ]\n', 1],
    ["a name with another character", "[a]\nb! = c\n", 2],
    ["two names", "[a]\nb c = d\n", 2],
    ["an escape behind a value over two lines", "[a]\nb = x\\\ny\nc = \\x\n", 4],
    ["a quote that the file ends", '[a]\n\nb = "c', 3],
  ])("%s is an error, with its line", (_, text, line) => {
    expect(parsed(text)).toBe(line);
  });
});

test("each setting is known by its line, with a value or without", () => {
  const reading = parseGitConfig(Buffer.from('[a]\nb\n\n[c "D"] e = 1\n'));
  expect(reading.kind === "valid" && reading.config.settings).toEqual([
    { name: "a.b", value: undefined, line: 2 },
    { name: "c.D.e", value: "1", line: 4 },
  ]);
});

test("settings are written under their sections, with quotes if they need them", () => {
  const written = { "a.b": ["x/y", ""], 'c.D."e.f': ['\t"\\\n\b'], "a.g": [" z"] };
  expect(formatGitConfig(new Map(Object.entries(written)))).toBe(
    '[a]\n\tb = x/y\n\tb = ""\n\tg = " z"\n[c "D.\\"e"]\n\tf = "\\t\\"\\\\\\n\\b"\n',
  );
  const settings = [
    { name: "a.b", value: "1;" },
    { name: "a.C.d", value: undefined },
  ];
  expect(formatGitSettings(settings)).toBe('[a]\n\tb = "1;"\n[a "C"]\n\td\n');
});

test("the last value counts", () => {
  const reading = parseGitConfig(Buffer.from("[a]\nb=1\nb=2\n"));
  expect(reading.kind === "valid" && configValue(reading.config, "a.b")).toBe("2");
});

test.each([
  ["yes", true],
  ["True", true],
  ["on", true],
  ["2", true],
  ["off", false],
  ["false", false],
  ["no", false],
  ["0", false],
  ["", false],
  ["0x10", true],
  ["00", false],
  ["maybe", undefined],
])("%j as a boolean is %s", (text, value) => {
  expect(parseConfigBoolean(text)).toBe(value);
});

test.each([
  ["1k", 1024],
  ["-2M", -2 * 1024 ** 2],
  ["010", 8],
  ["0x1f", 31],
  ["0x1F", 31],
  ["+10", 10],
  [" 0 ", 0],
  ["3G", 3 * 1024 ** 3],
  ["1.5", undefined],
  ["08", undefined],
  ["0xg", undefined],
  ["--1", undefined],
  ["x1", undefined],
  ["1kk", undefined],
  ["", undefined],
])("%s as an integer is %s", (text, value) => {
  expect(parseConfigInteger(text)).toBe(value);
});

test("a file that is no file is told as what it is", () => {
  const folder = aFolder();
  expect(readGitConfigFile(uncachedReader, join(folder, "config"))).toEqual({ kind: "missing" });
  mkdirSync(join(folder, "config"));
  expect(readGitConfigFile(uncachedReader, join(folder, "config"))).toEqual({
    kind: "not_a_file",
    found: "directory",
  });
  expect(readGitConfig(folder)).toBeUndefined();
});

test("a file is read unless it is far larger than any configuration", () => {
  const folder = aFolder({ config: "[a]\nb = c\n", large: "#".repeat(1024 * 1024 + 1) });
  expect(readGitConfig(folder)?.values).toEqual(new Map([["a.b", ["c"]]]));
  expect(readGitConfigFile(uncachedReader, join(folder, "large")).kind).toBe("too_large");
});

test("the paths of submodules are those of .gitmodules, the last of each", () => {
  const text = '[submodule "a"]\npath = x\npath = y\nurl = z\n[other]\npath = w\n';
  expect(readSubmodules(uncachedReader, aFolder({ ".gitmodules": text }))).toMatchObject([{ path: "y" }]);
  expect(readSubmodules(uncachedReader, aFolder({ ".gitmodules": "[" }))).toEqual([]);
});
