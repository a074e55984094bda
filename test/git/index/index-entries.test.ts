import { describe, expect, test } from "vitest";
import { findIndexExtensions } from "../../../src/git/index/index-entries.ts";
import { anIndex } from "./an-index.ts";
import { anId } from "../a-folder.ts";

const header = (version: number, entryCount: number): Buffer => {
  const bytes = Buffer.from("DIRC\0\0\0\0\0\0\0\0", "latin1");
  bytes.writeUInt32BE(version, 4);
  bytes.writeUInt32BE(entryCount, 8);
  return bytes;
};
/** Stat data, id and flags of an entry. */
const entryHead = (flags: number[], { mode = 0o100644, idBytes = 20 } = {}): Buffer => {
  const bytes = Buffer.alloc(40 + idBytes);
  bytes.writeUInt32BE(mode, 24);
  return Buffer.concat([bytes, Buffer.from(flags)]);
};
const extension = (name: string, length: number, content = length): Buffer => {
  const bytes = Buffer.alloc(8 + content);
  bytes.write(name, "latin1");
  bytes.writeUInt32BE(length, 4);
  return bytes;
};
const find = (parts: readonly Buffer[], idBytes: 20 | 32 = 20) =>
  findIndexExtensions(Buffer.concat([...parts, Buffer.alloc(idBytes)]), idBytes);

describe("the extensions of an index", () => {
  test("are found behind entries of version 3, some of which have more flags", () => {
    const long = entryHead([0x40, 3, 0, 0]);
    const plain = entryHead([0, 1]);
    const entries = [long, Buffer.from("abc\0\0\0\0\0"), plain, Buffer.from("a\0")];
    // 64 bytes and "abc", 62 bytes and "a": each with as many zeros, one at least, as make its length a multiple of eight.
    const found = find([header(3, 2), ...entries, extension("TREE", 1)]);
    expect(found).toEqual([{ name: "TREE", start: 12 + 72 + 64 + 8, length: 1 }]);
  });

  test("are found behind entries of version 4, whose names lack what they share with the one before", () => {
    const entries = [
      Buffer.concat([entryHead([0, 1]), Buffer.from("\x00a\0", "latin1")]),
      Buffer.concat([entryHead([0, 1]), Buffer.from("\x81\x82\x01bc\0", "latin1")]),
    ];
    const found = find([header(4, 2), ...entries, extension("TREE", 2), extension("link", 0)]);
    const start = 12 + 65 + 68 + 8;
    expect(found).toEqual([
      { name: "TREE", start, length: 2 },
      { name: "link", start: start + 10, length: 0 },
    ]);
  });

  test("are found behind a name that is longer than an entry can say", () => {
    const name = "a".repeat(0xfff + 1);
    const entry = Buffer.concat([entryHead([0x0f, 0xff]), Buffer.from(`${name}\0\0`)]);
    expect(entry.length % 8).toBe(0);
    expect(find([header(2, 1), entry, extension("TREE", 1)])).toMatchObject([{ name: "TREE" }]);
  });

  test("are found behind a name that drops so much of the one before that the number has a zero byte", () => {
    const entry = Buffer.concat([entryHead([0, 1]), Buffer.from("\x80\x00bc\0", "latin1")]);
    expect(find([header(4, 1), entry, extension("TREE", 1)])).toMatchObject([{ name: "TREE" }]);
  });

  test("are found behind longer ids", () => {
    const entry = Buffer.concat([entryHead([0, 1], { idBytes: 32 }), Buffer.from("a\0\0\0\0\0", "latin1")]);
    expect(find([header(2, 1), entry, extension("sdir", 0)], 32)).toMatchObject([
      { name: "sdir", start: 12 + 80 + 8 },
    ]);
  });

  test.each([0o040000, 0o100755, 0o120000, 0o160000])("are found behind an entry of the mode %o", (mode) => {
    const entry = Buffer.concat([entryHead([0, 1], { mode }), Buffer.from("a\0")]);
    expect(find([header(2, 1), entry])).toEqual([]);
  });

  test("are all there is of an index without entries", () => {
    expect(find([header(2, 0)])).toEqual([]);
    expect(find([header(2, 0), extension("EOIE", 4)])).toHaveLength(1);
  });

  const one = anIndex([{ path: "a", objectId: anId(1) }]).subarray(0, -20);
  test.each([
    ["an entry is missing", [header(2, 1)]],
    ["a name has no end", [header(4, 1), entryHead([0, 1]), Buffer.from("\0".padEnd(30, "a")).fill("a", 1)]],
    [
      "an entry is of no kind that git writes",
      [header(2, 1), entryHead([0, 1], { mode: 0o060000 }), Buffer.from("a\0")],
    ],
    ["a long name has no end", [header(2, 1), entryHead([0x0f, 0xff]), Buffer.alloc(4200, 0x61)]],
    ["an extension has no length", [one, extension("TREE", 0).subarray(0, 7)]],
    ["an extension is cut off", [one, extension("TREE", 9, 8)]],
    ["something is left behind the last one", [one, extension("TREE", 8), Buffer.alloc(1)]],
    ["git refuses one that it does not know", [one, extension("xink", 0)]],
    ["git refuses one that only begins as one that it knows", [one, extension("linX", 0)]],
  ])("are not told if %s", (_, parts) => {
    // Nothing of the checksum counts as an entry or an extension.
    const index = Buffer.concat([...parts, Buffer.alloc(20, 0x41)]);
    expect(findIndexExtensions(index, 20)).toBeUndefined();
  });
});
