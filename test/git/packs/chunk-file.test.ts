import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ObjectStore } from "../../../src/git/objects/object-store.ts";
import { describeNewerMidx, lookupCachePaths } from "../../../src/git/packs/chunk-file.ts";
import { uncachedReader } from "../../../src/platform/slot-reader.ts";

let objects: string;
let layers: string;
const id = "a".repeat(40);

beforeEach(() => {
  objects = mkdtempSync(join(tmpdir(), "chunk-file-"));
  layers = `${objects}/pack/multi-pack-index.d`;
  mkdirSync(layers, { recursive: true });
  writeFileSync(`${layers}/multi-pack-index-chain`, `${id}\n`);
});

afterEach(() => {
  rmSync(objects, { recursive: true });
});

/** One without chunks: a header, the row that ends the table, and the checksum. */
function emptyMidx(version: number): Buffer {
  const content = Buffer.alloc(24);
  content.write("MIDX", "latin1");
  content.writeUInt8(version, 4);
  content.writeUInt8(1, 5);
  content.writeBigUInt64BE(24n, 16);
  return Buffer.concat([content, createHash("sha1").update(content).digest()]);
}

function findFaults(): { kind: string; path: string; found: string }[] {
  return new ObjectStore(objects, 20)
    .check(uncachedReader)
    .faults.map(({ kind, path, found }) => ({ kind, path, found }));
}

describe("layers of an incremental multi-pack-index", () => {
  const layer = (): string => `${layers}/multi-pack-index-${id}.midx`;

  test.each([1, 2])("are sound in version %i", (version) => {
    writeFileSync(layer(), emptyMidx(version));
    expect(findFaults()).toEqual([]);
  });

  test.each([
    { name: "of an unknown version", content: emptyMidx(3), found: "version 3" },
    { name: "cut short", content: emptyMidx(1).subarray(0, 30), found: "30 bytes" },
    {
      name: "with another checksum",
      content: Buffer.concat([emptyMidx(1).subarray(0, 24), Buffer.alloc(20, 7)]),
      found: "a checksum that does not match",
    },
  ])("are a fault $name", ({ content, found }) => {
    writeFileSync(layer(), content);
    expect(findFaults()).toEqual([{ kind: "multi_pack_index_corrupt", path: layer(), found }]);
  });

  test("are a fault if the chain names one that is gone", () => {
    expect(findFaults()).toEqual([{ kind: "multi_pack_index_corrupt", path: layer(), found: "nothing" }]);
  });

  test("are moved away with the other files that git makes again", () => {
    expect(lookupCachePaths(objects)).toContain(layers);
  });
});

describe("a multi-pack-index of version 2", () => {
  const put = (content: Buffer): void => {
    rmSync(layers, { recursive: true });
    writeFileSync(`${objects}/pack/multi-pack-index`, content);
  };
  const newerFor = (...host: number[]) => describeNewerMidx(uncachedReader, objects, 20, () => host);

  test("is sound, and tells which git can read it where the host's cannot", () => {
    put(emptyMidx(2));
    expect(findFaults()).toEqual([]);
    expect(newerFor(2, 55, 0)).toBeUndefined();
    expect(newerFor(2, 39, 5)).toBe(
      "a multi-pack-index of version 2: this host's git 2.39 cannot read it; git 2.54 can",
    );
  });

  test("is damaged, and asks for no other git, if its checksum is another", () => {
    put(Buffer.concat([emptyMidx(2).subarray(0, 24), Buffer.alloc(20, 7)]));
    expect(findFaults()).toMatchObject([{ kind: "multi_pack_index_corrupt" }]);
    expect(newerFor(2, 39)).toBeUndefined();
  });

  test("of version 1 asks for no other git", () => {
    put(emptyMidx(1));
    expect(newerFor(2, 39)).toBeUndefined();
  });
});
