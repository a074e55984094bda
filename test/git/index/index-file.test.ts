import fc from "fast-check";
import { mkdirSync, symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findIndexExtensions } from "../../../src/git/index/index-entries.ts";
import { readIndex } from "../../../src/git/index/index-file.ts";
import { aFolder, anId } from "../a-folder.ts";
import { anIndex } from "./an-index.ts";
import { SlotReader, uncachedReader } from "../../../src/platform/slot-reader.ts";

const read = (content: Buffer) => readIndex(uncachedReader, join(aFolder({ index: content }), "index"), 20);
const entry = (path: string) => ({ path, objectId: anId(1) });
const withoutChecksum = (index: Buffer): Buffer => Buffer.concat([index.subarray(0, -20), Buffer.alloc(20)]);

const mebibyte = 1024 * 1024;
/** What begins so, and goes on with zeros that take no place on the disk. */
const readSparse = (start: Buffer, bytes: number) => {
  const path = join(aFolder({ index: start }), "index");
  truncateSync(path, bytes);
  return readIndex(uncachedReader, path, 20);
};

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

  test("a directory, a link, and nothing", () => {
    const folder = aFolder({ file: anIndex([]) });
    mkdirSync(join(folder, "directory"));
    symlinkSync("file", join(folder, "link"));
    const look = (name: string) => readIndex(uncachedReader, join(folder, name), 20);
    expect(look("none")).toEqual({ kind: "missing" });
    expect(look("directory")).toEqual({ kind: "corrupt", found: "special file" });
    expect(look("link")).toEqual({ kind: "corrupt", found: "a link" });
    expect(look("file")).toEqual({ kind: "valid" });
  });

  test("a header without a checksum, and entries without room for them", () => {
    const empty = anIndex([]);
    expect(read(empty.subarray(0, 31))).toEqual({ kind: "corrupt", found: "31 bytes" });
    const promising = Buffer.from(empty);
    promising.writeUInt32BE(1, 8);
    expect(read(promising)).toEqual({ kind: "corrupt", found: "32 bytes for 1 entries" });
  });

  test("a file far too large for its entries", () => {
    expect(readSparse(anIndex([]), 257 * mebibyte)).toEqual({
      kind: "corrupt",
      found: `${257 * mebibyte} bytes for 0 entries`,
    });
  });
});

describe("a large index", () => {
  const tree = (bytes: number): readonly [string, Buffer] => ["TREE", Buffer.alloc(bytes, "linX")];

  test("is read to its end, piece by piece", () => {
    const index = anIndex([entry("a")], { extensions: [tree(2.5 * mebibyte)] });
    expect(read(index)).toEqual({ kind: "valid" });
    for (const at of [mebibyte - 1, mebibyte, 2 * mebibyte, index.length - 21]) {
      const flipped = Buffer.from(index).fill(0, at, at + 1);
      expect(read(flipped)).toEqual({ kind: "corrupt", found: "a checksum that does not match" });
    }
    expect(read(withoutChecksum(index))).toEqual({ kind: "valid" });
  });

  // The header and an entry have 84 bytes, the header of an extension 8.
  test.each([0, 1, 2, 3, 4, 5, 999])(
    "is split if it says so %i bytes before the end of a piece",
    (before) => {
      const id = Buffer.alloc(20, 0xab);
      const index = anIndex([entry("a")], { extensions: [tree(mebibyte - 92 - before), ["link", id]] });
      expect(read(index)).toEqual({ kind: "corrupt", found: `no sharedindex.${id.toString("hex")}` });
    },
  );

  test("beyond any that git hashes in a moment is judged by its header alone", () => {
    expect(readSparse(anIndex([entry("a")]), 65 * mebibyte)).toEqual({ kind: "valid" });
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

  test("is damaged if its shared part is no file", () => {
    const folder = aFolder({ index: split });
    mkdirSync(join(folder, `sharedindex.${id}`));
    expect(readIndex(uncachedReader, join(folder, "index"), 20)).toEqual({
      kind: "corrupt",
      found: `special file in sharedindex.${id}`,
    });
  });

  test("is damaged if its extension is cut off", () => {
    const cut = anIndex([entry("a")], { extensions: [["link", Buffer.alloc(8)]] });
    expect(read(cut)).toEqual({ kind: "corrupt", found: "a link extension that is cut off" });
  });
});

test("a checksum with a zero in it is one", () => {
  const index = anIndex([entry("a")]);
  const wrong = Buffer.concat([index.subarray(0, -20), Buffer.alloc(20, 1).fill(0, 7, 8)]);
  expect(read(wrong)).toEqual({ kind: "corrupt", found: "a checksum that does not match" });
});

test("an index that cannot be read is not called damaged, nor is one whose shared part cannot", () => {
  const shared = anIndex([entry("a")]).subarray(-20);
  const split = anIndex([entry("b")], { extensions: [["link", shared]] });
  const path = join(aFolder({ index: split }), "index");
  const look = (fails: (name: string) => boolean, errorCode: string) => {
    class FailingReader extends SlotReader {
      override withOpenFile: SlotReader["withOpenFile"] = (name, use) =>
        fails(name) ? { kind: "unreadable", errorCode } : uncachedReader.withOpenFile(name, use);
    }
    return readIndex(new FailingReader(), path, 20);
  };
  expect(look(() => true, "EIO")).toEqual({ kind: "unreadable", errorCode: "EIO" });
  expect(look((name) => name !== path, "EIO")).toEqual({ kind: "unreadable", errorCode: "EIO" });
  expect(look(() => true, "ENAMETOOLONG")).toEqual({ kind: "corrupt", found: "ENAMETOOLONG" });
});

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
  );
});
