import fc from "fast-check";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PackIndex, parsePackIndex, readPackIndex } from "../../../src/git/packs/pack-index.ts";
import { aFolder, anId } from "../a-folder.ts";
import { aPackIndex, type AnEntry } from "./a-pack-index.ts";
import { uncachedReader } from "../../../src/platform/slot-reader.ts";

const digits = "0123456789abcdef".split("");
const objectIds = (length: number) =>
  fc.array(fc.constantFrom(...digits), { minLength: length, maxLength: length }).map((text) => text.join(""));

/** A pack's first object is right behind its header, so that git takes no index for one in which all are far behind. */
const entriesOf = (length: number, maxOffset: number): fc.Arbitrary<AnEntry[]> =>
  fc
    .uniqueArray(fc.record({ objectId: objectIds(length), offset: fc.nat({ max: maxOffset }) }), {
      selector: ({ objectId }) => objectId,
      minLength: 1,
      maxLength: 40,
    })
    .map(([first, ...others]) => [{ objectId: first?.objectId ?? "", offset: 12 }, ...others]);

const sorted = (entries: readonly AnEntry[]): AnEntry[] =>
  entries.toSorted((one, other) => (one.objectId < other.objectId ? -1 : 1));

describe("a whole index", () => {
  test("of version 2 is read as it was written, offsets beyond two gibibytes too", () => {
    fc.assert(
      fc.property(entriesOf(40, 2 ** 40), (entries) => {
        const content = parsePackIndex(aPackIndex(entries), 20);
        expect(content?.entries).toEqual(sorted(entries));
        expect(content?.isIntact).toBe(true);
        expect(content?.packChecksum.toString("hex")).toBe("f".repeat(40));
      }),
    );
  });

  test("of version 1 is read as it was written", () => {
    fc.assert(
      fc.property(entriesOf(40, 2 ** 31 - 1), (entries) => {
        expect(parsePackIndex(aPackIndex(entries, { version: 1 }), 20)?.entries).toEqual(sorted(entries));
      }),
    );
  });

  test("of SHA-256 has longer ids", () => {
    const entries = [{ objectId: "ab".repeat(32), offset: 12 }];
    const content = parsePackIndex(aPackIndex(entries, { packChecksum: "0".repeat(64) }), 32);
    expect(content?.entries).toEqual(entries);
    expect(content?.isIntact).toBe(true);
  });

  test("is told to be damaged, and read all the same, if a bit of an offset flipped", () => {
    const entries = [{ objectId: anId(1), offset: 12 }];
    const bytes = aPackIndex(entries);
    const at = bytes.length - 41;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    const content = parsePackIndex(bytes, 20);
    expect(content?.isIntact).toBe(false);
    expect(content?.entries).toEqual([{ objectId: anId(1), offset: 13 }]);
  });

  test("is none if it is cut anywhere, or if its fan-out table is out of order", () => {
    const bytes = aPackIndex([
      { objectId: anId(1), offset: 12 },
      { objectId: anId(2), offset: 99 },
    ]);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), (length) => {
        expect(parsePackIndex(bytes.subarray(0, length), 20)).toBeUndefined();
      }),
    );
    bytes.writeUInt32BE(7, 8);
    expect(parsePackIndex(bytes, 20)).toBeUndefined();
  });

  test("of a version that is not known is none", () => {
    const bytes = aPackIndex([{ objectId: anId(1), offset: 12 }]);
    bytes.writeUInt32BE(3, 4);
    expect(parsePackIndex(bytes, 20)).toBeUndefined();
  });

  test("that is not there is none", () => {
    expect(readPackIndex(join(aFolder(), "pack-1.idx"), 20)).toBeUndefined();
  });

  test("holds whatever bytes come without an error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 2_000 }), (bytes) => {
        parsePackIndex(Buffer.from(bytes), 20);
      }),
    );
  });
});

describe("a lookup", () => {
  test("finds each object where the whole index has it, and no other", () => {
    fc.assert(
      fc.property(entriesOf(40, 2 ** 40), fc.constantFrom(1 as const, 2 as const), (all, version) => {
        const entries = version === 1 ? all.map((entry) => ({ ...entry, offset: entry.offset % 1e9 })) : all;
        const index = new PackIndex(
          join(aFolder({ "p.idx": aPackIndex(entries, { version }) }), "p.idx"),
          20,
        );
        for (const { objectId, offset } of entries) {
          const place = index.find(uncachedReader, Buffer.from(objectId, "hex"));
          expect(place === undefined ? undefined : index.offsetOf(uncachedReader, place)).toBe(offset);
        }
        expect(index.find(uncachedReader, Buffer.alloc(20, 0xee))).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  test("tells ids apart that begin with the same bytes, among others that it is given at once", () => {
    const ids = ["00000000", "00000001", "7fffffff", "ffffffff"].map((end) =>
      `abcdef01${end}`.padEnd(40, "0"),
    );
    const entries = ids.map((objectId, place) => ({ objectId, offset: 12 + place }));
    const index = new PackIndex(join(aFolder({ "p.idx": aPackIndex(entries) }), "p.idx"), 20);
    const asked = Buffer.from([...ids, "abcdef0180000000".padEnd(40, "0")].join(""), "hex");
    const places = [0, 1, 2, 3, 4].map((place) => index.find(uncachedReader, asked, place * 20));
    expect(places).toEqual([0, 1, 2, 3, undefined]);
    const longer = Buffer.from(`${ids[0] ?? ""}${"0".repeat(24)}`, "hex");
    expect(index.find(uncachedReader, longer)).toBeUndefined();
  });

  test("says what is wrong with the file", () => {
    const good = aPackIndex([{ objectId: anId(1), offset: 12 }]);
    const check = (content: Buffer) =>
      new PackIndex(join(aFolder({ i: content }), "i"), 20).check(uncachedReader);
    expect(check(good)).toMatchObject({ kind: "ends", objectCount: 1 });
    expect(check(Buffer.alloc(10))).toEqual({ kind: "corrupt", found: "10 bytes" });
    const flipped = Buffer.from(good);
    flipped.writeUInt8(1, good.length - 1 - 40);
    expect(check(flipped)).toEqual({ kind: "corrupt", found: "a checksum that does not match" });
    expect(check(Buffer.concat([good, good]))).toMatchObject({ kind: "corrupt" });
  });
});
