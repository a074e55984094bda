import fc from "fast-check";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findIndexExtensions } from "../../../src/git/index/index-entries.ts";
import { readIndex } from "../../../src/git/index/index-file.ts";
import { aFolder, anId } from "../a-folder.ts";
import { anIndex } from "./an-index.ts";
import { uncachedReader } from "../../../src/platform/slot-reader.ts";

const read = (content: Buffer) => readIndex(uncachedReader, join(aFolder({ index: content }), "index"), 20);
const entry = (path: string) => ({ path, objectId: anId(1) });
const withoutChecksum = (index: Buffer): Buffer => Buffer.concat([index.subarray(0, -20), Buffer.alloc(20)]);

test("an index of any names is sound, with or without its checksum", () => {
  const paths = fc.string({ minLength: 1, maxLength: 5_000 }).filter((path) => !path.includes("\0"));
  fc.assert(
    fc.property(fc.array(paths, { maxLength: 6 }), (names) => {
      const index = anIndex(names.map(entry), { extensions: [["TREE", Buffer.from("x")]] });
      const sound = { kind: "valid" };
      expect(read(index)).toEqual(sound);
      expect(read(withoutChecksum(index))).toEqual(sound);
      expect(findIndexExtensions(index, 20)).toMatchObject([{ name: "TREE", length: 1 }]);
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

test("zeros from anywhere before the last extension to the end are told, although an index may have no checksum", () => {
  const paths = fc.string({ minLength: 1, maxLength: 20 }).filter((path) => !path.includes("\0"));
  const names = fc.array(paths, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(names, fc.nat({ max: 3 }), fc.nat(), (all, words, place) => {
      const index = anIndex(all.map(entry), { extensions: [["TREE", Buffer.alloc(8 * words)]] });
      const lastExtensionAt = index.length - 20 - 8 * words - 8;
      const zeroed = Buffer.from(index).fill(0, place % lastExtensionAt);
      expect(read(zeroed).kind).toBe("corrupt");
    }),
    { numRuns: 200 },
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
    expect(readIndex(uncachedReader, join(folder, "index"), 20)).toEqual({ kind: "missing" });
    mkdirSync(join(folder, "index"));
    expect(readIndex(uncachedReader, join(folder, "index"), 20)).toMatchObject({ kind: "corrupt" });
  });
});

describe("a split index", () => {
  const shared = anIndex([entry("a"), entry("link")]);
  const id = shared.subarray(-20).toString("hex");
  const split = anIndex([entry("b")], { extensions: [["link", Buffer.from(id, "hex")]] });
  const readWith = (files: Record<string, Buffer>) =>
    readIndex(uncachedReader, join(aFolder({ index: split, ...files }), "index"), 20);

  test("is read with the part that it shares", () => {
    expect(readWith({ [`sharedindex.${id}`]: shared })).toEqual({ kind: "valid" });
  });

  test("shares nothing if it names nothing but zeros", () => {
    const whole = anIndex([entry("a")], { extensions: [["link", Buffer.alloc(20)]] });
    expect(read(whole)).toEqual({ kind: "valid" });
  });

  test.each([
    ["gone", {}, `no sharedindex.${id}`],
    [
      "flipped",
      {
        [`sharedindex.${id}`]: Buffer.concat([
          shared.subarray(0, 20),
          Buffer.alloc(1, 1),
          shared.subarray(21),
        ]),
      },
      `a checksum that does not match in sharedindex.${id}`,
    ],
    [
      "cut off",
      { [`sharedindex.${id}`]: shared.subarray(0, 90) },
      `90 bytes for 2 entries in sharedindex.${id}`,
    ],
    ["another's", { [`sharedindex.${id}`]: anIndex([entry("c")]) }, `another checksum in sharedindex.${id}`],
  ])("is damaged if its shared part is %s", (_, files, found) => {
    expect(readWith(files)).toEqual({ kind: "corrupt", found });
  });

  test("is damaged if its extension is cut off", () => {
    const cut = anIndex([entry("a")], { extensions: [["link", Buffer.alloc(8)]] });
    expect(read(cut)).toEqual({ kind: "corrupt", found: "a link extension that is cut off" });
  });
});
