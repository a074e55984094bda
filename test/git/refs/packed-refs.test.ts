import fc from "fast-check";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isRefName } from "../../../src/git/refs/head.ts";
import {
  dropPackedRefs,
  formatPackedRefs,
  parsePackedRefs,
  readPackedRefMap,
  readPackedRefs,
  readPackedRefsWithout,
  readSoundPackedRefs,
  selectSoundRefs,
} from "../../../src/git/refs/packed-refs.ts";
import { aFolder, anId } from "../a-folder.ts";
import { uncachedReader } from "../../../src/platform/slot-reader.ts";

const refNames = fc
  .string({ unit: fc.constantFrom(..."abcé😀/-".split("")), minLength: 1, maxLength: 12 })
  .map((name) => `refs/heads/${name}`)
  .filter(isRefName);
const refMaps = fc
  .array(fc.tuple(refNames, fc.nat({ max: 99 })), { maxLength: 12 })
  .map((pairs) => new Map(pairs.map(([name, number]) => [name, anId(number)])));

test("what is written is read again, whatever the names", () => {
  fc.assert(
    fc.property(refMaps, (refs) => {
      const text = formatPackedRefs(refs);
      expect(parsePackedRefs(text)).toEqual({ kind: "valid", refs });
      expect(selectSoundRefs(text)).toEqual({ refs, isWhole: true });
    }),
  );
});

test("names are written in the order of their bytes, by which git searches", () => {
  const names = ["refs/heads/\uFFFDx", "refs/heads/😀", "refs/heads/a"];
  const text = formatPackedRefs(new Map(names.map((name) => [name, anId(1)])));
  const written = text
    .split("\n")
    .slice(1, -1)
    .map((line) => line.slice(41));
  expect(written).toEqual(["refs/heads/a", "refs/heads/\uFFFDx", "refs/heads/😀"]);
});

describe("a line that git refuses", () => {
  const sound = `${anId(1)} refs/heads/a\n`;

  test.each([
    ["no line end", `${sound}${anId(2)} refs/heads/b`, 2],
    ["a short id", `${sound}abc refs/heads/b\n`, 2],
    ["a name that leads out", `${sound}${anId(2)} refs/../config\n`, 2],
    ["a name that git forbids", `${sound}${anId(2)} refs/heads/b~1\n`, 2],
    ["a peeled line before any ref", `^${anId(2)}\n${sound}`, 1],
    [
      "names out of order under a sorted header",
      `# pack-refs with: sorted \n${anId(1)} refs/heads/b\n${sound}`,
      3,
    ],
  ])("%s: its number is told", (_, text, line) => {
    expect(parsePackedRefs(text)).toEqual({ kind: "invalid", line });
  });

  test("does not hide the sound ones from who looks for what is left", () => {
    const text = `\0\0\0\n${sound}abc refs/heads/b\n${anId(3)} refs/heads/c\n${anId(4)} refs/he`;
    const refs = new Map([
      ["refs/heads/a", anId(1)],
      ["refs/heads/c", anId(3)],
    ]);
    expect(selectSoundRefs(text)).toEqual({ refs, isWhole: false });
  });
});

test("ids in capitals and peeled lines are git's too", () => {
  const text = `# pack-refs with: peeled \n${anId("ABC").toUpperCase()} refs/tags/v1\n^${anId(2)}\n`;
  expect(parsePackedRefs(text)).toEqual({
    kind: "valid",
    refs: new Map([["refs/tags/v1", anId("abc")]]),
  });
});

test("a file that is not there is an empty list, and something else in its place is none", () => {
  const folder = aFolder();
  expect(readPackedRefs(uncachedReader, folder)).toEqual({ kind: "valid", refs: new Map() });
  expect(readSoundPackedRefs(folder)).toEqual({ refs: new Map(), isWhole: true });
  mkdirSync(join(folder, "packed-refs"));
  expect(readPackedRefs(uncachedReader, folder)).toEqual({ kind: "invalid", line: 0 });
  expect(readPackedRefMap(folder).size).toBe(0);
  expect(readSoundPackedRefs(folder)).toEqual({ refs: new Map(), isWhole: false });
});

test("dropped refs go with their peeled lines, and every other byte stays", () => {
  const latin = Buffer.concat([Buffer.from(`${anId(3)} refs/heads/caf`), Buffer.from([0xe9, 10])]);
  const content = Buffer.concat([
    Buffer.from(`# pack-refs with: peeled \n${anId(1)} refs/heads/é\n^${anId(9)}\n`),
    latin,
    Buffer.from(`${anId(2)} refs/tags/v1\n^${anId(8)}\n`),
  ]);
  const left = dropPackedRefs(content, ["refs/heads/é", "refs/heads/none"]);
  expect(left).toEqual(
    Buffer.concat([
      Buffer.from("# pack-refs with: peeled \n"),
      latin,
      Buffer.from(`${anId(2)} refs/tags/v1\n^${anId(8)}\n`),
    ]),
  );
});

test("a file without the refs that are to be dropped is not written at all", () => {
  const folder = aFolder({ "packed-refs": `${anId(1)} refs/heads/a\n` });
  expect(readPackedRefsWithout(folder, ["refs/heads/b"])).toBeUndefined();
  expect(readPackedRefsWithout(folder, ["refs/heads/a"])?.toString()).toBe("");
});
