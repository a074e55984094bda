import fc from "fast-check";
import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  PackIndex,
  parsePackedIds,
  parsePackIndex,
  readPackedIds,
  readPackIndex,
  type SoundIndex,
} from "../../../src/git/packs/pack-index.ts";
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

const twoObjects = [
  { objectId: anId(1), offset: 12 },
  { objectId: anId(2), offset: 99 },
];

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

  test.each([1, 2] as const)("of version %i names the same ids if they are read alone", (version) => {
    fc.assert(
      fc.property(entriesOf(40, 2 ** 31 - 1), (entries) => {
        const ids = sorted(entries).map(({ objectId }) => objectId);
        expect(parsePackedIds(aPackIndex(entries, { version }), 20)).toEqual(ids);
      }),
    );
  });

  test("of SHA-256 has longer ids", () => {
    const entries = [{ objectId: "ab".repeat(32), offset: 12 }];
    const content = parsePackIndex(aPackIndex(entries, { packChecksum: "0".repeat(64) }), 32);
    expect(content?.entries).toEqual(entries);
    expect(content?.isIntact).toBe(true);
    expect(parsePackedIds(aPackIndex(entries, { packChecksum: "0".repeat(64) }), 32)).toEqual([
      "ab".repeat(32),
    ]);
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
    const bytes = aPackIndex(twoObjects);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), (length) => {
        expect(parsePackIndex(bytes.subarray(0, length), 20)).toBeUndefined();
        expect(parsePackedIds(bytes.subarray(0, length), 20)).toBeUndefined();
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

  test("is read from its file; one that is not there is none", () => {
    const bytes = aPackIndex([{ objectId: anId(1), offset: 12 }]);
    const folder = aFolder({ "pack-1.idx": bytes });
    expect(readPackIndex(join(folder, "pack-1.idx"), 20)).toEqual(parsePackIndex(bytes, 20));
    expect(readPackIndex(join(folder, "pack-2.idx"), 20)).toBeUndefined();
    expect(readPackedIds(join(folder, "pack-1.idx"), 20)).toEqual([anId(1)]);
    expect(readPackedIds(join(folder, "pack-2.idx"), 20)).toBeUndefined();
  });

  test("of a pack without objects names none", () => {
    expect(parsePackIndex(aPackIndex([]), 20)).toMatchObject({ objectCount: 0, entries: [], isIntact: true });
  });

  test.each([1, 2] as const)("of version %i is none if it is longer than its objects need", (version) => {
    const bytes = aPackIndex(twoObjects, { version });
    const longer = version === 1 ? 8 : 16;
    const padded = Buffer.concat([bytes.subarray(0, -40), Buffer.alloc(longer), bytes.subarray(-40)]);
    expect(parsePackIndex(padded, 20)).toBeUndefined();
  });

  test("does not name an object whose offset is beyond its end", () => {
    const bytes = aPackIndex(twoObjects);
    bytes.writeUInt32BE(0x80000100, bytes.length - 44);
    expect(parsePackIndex(bytes, 20)?.entries).toEqual([{ objectId: anId(1), offset: 12 }]);
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

  test("reads what it needs once", () => {
    const folder = aFolder({ i: aPackIndex(twoObjects), checked: aPackIndex(twoObjects) });
    const [index, checked] = ["i", "checked"].map((name) => new PackIndex(join(folder, name), 20));
    const find = (from: PackIndex | undefined) => from?.find(uncachedReader, Buffer.from(anId(2), "hex"));
    checked?.check(uncachedReader);
    expect([index?.isHeld, checked?.isHeld]).toEqual([false, true]);
    expect(find(index)).toBe(1);
    rmSync(folder, { recursive: true });
    expect(find(index)).toBe(1);
    expect(find(checked)).toBe(1);
    expect(checked?.offsetOf(uncachedReader, 1)).toBe(99);
  });

  test("of a damaged index that was not checked finds nothing", () => {
    const good = aPackIndex(twoObjects);
    const cut = [0, 3, 8, 100, 1031, 1032].map((length) => good.subarray(0, length));
    // The object is the only one of those that begin with 0x10.
    const [before, after] = [8, 8 + 16 * 4];
    const unordered = Buffer.from(good).fill(0xff, before, after);
    const huge = Buffer.from(good).fill(0xff, after, 1032);
    for (const content of [...cut, unordered, huge]) {
      const index = new PackIndex(join(aFolder({ i: content }), "i"), 20);
      expect(index.find(uncachedReader, Buffer.from(anId(1), "hex"))).toBeUndefined();
    }
  });

  test("of an index that is gone, a place that it does not have, and an id that is cut off finds nothing", () => {
    const folder = aFolder({ i: aPackIndex(twoObjects) });
    const [index, gone] = ["i", "gone"].map((name) => new PackIndex(join(folder, name), 20));
    expect(gone?.find(uncachedReader, Buffer.from(anId(1), "hex"))).toBeUndefined();
    expect(gone?.offsetOf(uncachedReader, 0)).toBeUndefined();
    expect(index?.offsetOf(uncachedReader, 999)).toBeUndefined();
    expect(index?.find(uncachedReader, Buffer.alloc(0))).toBeUndefined();
  });

  test("begins in the middle of other bytes if it is told so", () => {
    const index = new PackIndex(join(aFolder({ i: aPackIndex(twoObjects) }), "i"), 20);
    expect(index.find(uncachedReader, Buffer.from(`abcd${anId(2)}`, "hex"), 2)).toBe(1);
  });
});

/** With zeros for its own checksum. */
function withoutChecksum(content: Buffer): Buffer {
  return Buffer.concat([content.subarray(0, -20), Buffer.alloc(20)]);
}

describe("a check", () => {
  const check = (content: Buffer) =>
    new PackIndex(join(aFolder({ i: content }), "i"), 20).check(uncachedReader);
  const good = aPackIndex(twoObjects);

  test("tells what a sound index has", () => {
    const packChecksum = Buffer.alloc(20, 0xff);
    expect(check(good)).toEqual({ kind: "ends", objectCount: 2, packChecksum });
    expect(check(aPackIndex([]))).toEqual({ kind: "ends", objectCount: 0, packChecksum });
  });

  const writing = (value: number, at: number): Buffer => {
    const content = Buffer.from(good);
    content.writeUInt32BE(value, at);
    return content;
  };
  test.each([
    ["too short for an index", Buffer.alloc(10), "10 bytes"],
    ["without its checksums", good.subarray(0, 1032), "1032 bytes"],
    ["of a new version", writing(3, 4), "version 3"],
    ["with more objects before an id than after it", writing(7, 8), "a fan-out table out of order"],
    ["of another length", Buffer.concat([good, good]), "2256 bytes for 2 objects"],
    ["with a flipped bit", writing(1, good.length - 44), "a checksum that does not match"],
  ])("tells of a file %s", (_, content, found) => {
    expect(check(content)).toEqual({ kind: "corrupt", found });
  });

  test("tells what is there instead of a file", () => {
    const folder = aFolder({ i: good });
    symlinkSync("i", join(folder, "link"));
    const found = ["gone", "link", "."].map((name) =>
      new PackIndex(join(folder, name), 20).check(uncachedReader),
    );
    expect(found).toMatchObject([{ found: "missing" }, { found: "ELOOP" }, { found: "not_a_file" }]);
  });

  test("of an index like one that was checked uses that one", () => {
    let [remembered, compared]: (SoundIndex | undefined)[] = [];
    const shared = {
      findTwin: (content: Buffer) =>
        remembered?.content.equals(content) ? (compared = remembered) : undefined,
      rememberTwin: (index: SoundIndex) => (remembered = index),
    };
    const folder = aFolder({ one: good, other: good });
    const [one, other] = ["one", "other"].map((name) => new PackIndex(join(folder, name), 20, shared));
    const expected = one?.check(uncachedReader);
    const first = remembered;
    expect(other?.check(uncachedReader)).toEqual(expected);
    expect([compared, remembered]).toEqual([first, first]);
    expect(remembered).toBe(first);
  });

  test("of a large index leaves the checksum to the deep check, and holds nothing in memory", () => {
    const entries = Array.from({ length: 40_000 }, (_, place) => ({
      objectId: place.toString(16).padStart(8, "0").padEnd(40, "5"),
      offset: 12 + place,
    }));
    const content = withoutChecksum(aPackIndex(entries));
    const index = new PackIndex(join(aFolder({ i: content }), "i"), 20);
    const packChecksum = Buffer.alloc(20, 0xff);
    expect(index.check(uncachedReader)).toEqual({ kind: "ends", objectCount: 40_000, packChecksum });
    expect(index.isHeld).toBe(false);
    const place = index.find(uncachedReader, Buffer.from(entries[39_999]?.objectId ?? "", "hex"));
    expect(place).toBe(39_999);
    expect(index.offsetOf(uncachedReader, 39_999)).toBe(40_011);
  });
});
