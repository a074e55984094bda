import fc from "fast-check";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findIndexExtensions } from "../../../src/git/index/index-entries.ts";
import { readIndex } from "../../../src/git/index/index-file.ts";
import { aFolder, anId } from "../a-folder.ts";
import { anIndex } from "./an-index.ts";

const read = (content: Buffer) => readIndex(join(aFolder({ index: content }), "index"), 20);
const entry = (path: string) => ({ path, objectId: anId(1) });
const withoutChecksum = (index: Buffer): Buffer => Buffer.concat([index.subarray(0, -20), Buffer.alloc(20)]);

test("an index of any names is sound, with or without its checksum", () => {
  const paths = fc.string({ minLength: 1, maxLength: 5_000 }).filter((path) => !path.includes("\0"));
  fc.assert(
    fc.property(fc.array(paths, { maxLength: 6 }), (names) => {
      const index = anIndex(names.map(entry), { extensions: [["TREE", Buffer.from("x")]] });
      const sound = { kind: "valid", isSplit: false, entryCount: names.length };
      expect(read(index)).toEqual(sound);
      expect(read(withoutChecksum(index))).toEqual(sound);
      expect(findIndexExtensions(index, 20)).toEqual(["TREE"]);
    }),
    { numRuns: 30 },
  );
});

test("one flipped bit anywhere is told", () => {
  const index = anIndex([entry("a"), entry("link")]);
  fc.assert(
    fc.property(fc.nat({ max: index.length * 8 - 1 }), (bit) => {
      const flipped = Buffer.from(index);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(read(flipped).kind).toBe("corrupt");
    }),
    { numRuns: 60 },
  );
});

describe("what is no index", () => {
  test.each([
    ["an empty file", Buffer.alloc(0), "0 bytes"],
    ["zeros", Buffer.alloc(200), "no DIRC signature"],
    [
      "a version of another day",
      Buffer.from("DIRC\0\0\0\x09\0\0\0\0" + "\0".repeat(40), "latin1"),
      "version 9",
    ],
    [
      "too many entries for its size",
      Buffer.from("DIRC\0\0\0\x02\0\xff\0\0" + "\0".repeat(40), "latin1"),
      "52 bytes for 16711680 entries",
    ],
    [
      "entries that do not fill it, unhashed",
      withoutChecksum(Buffer.concat([anIndex([entry("a")]), Buffer.alloc(7)])),
      "entries that do not fill it",
    ],
  ])("%s", (_, content, found) => {
    expect(read(content)).toEqual({ kind: "corrupt", found });
  });

  test("a directory, and nothing", () => {
    const folder = aFolder();
    expect(readIndex(join(folder, "index"), 20)).toEqual({ kind: "missing" });
    mkdirSync(join(folder, "index"));
    expect(readIndex(join(folder, "index"), 20)).toMatchObject({ kind: "corrupt" });
  });
});

test("a split index is one that has the extension, not one that has such a path", () => {
  const split = anIndex([entry("a")], { extensions: [["link", Buffer.alloc(20)]] });
  expect(read(split)).toMatchObject({ kind: "valid", isSplit: true });
  expect(read(anIndex([entry("link")]))).toMatchObject({ kind: "valid", isSplit: false });
});
