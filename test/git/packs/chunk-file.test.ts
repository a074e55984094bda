import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ObjectStore } from "../../../src/git/objects/object-store.ts";
import {
  describeNewerMidx,
  findChunkFileFault,
  listMidxLayers,
  lookupCachePaths,
} from "../../../src/git/packs/chunk-file.ts";
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

  test("are those with such a name and those of the chain, and nothing else", () => {
    const near = `multi-pack-index-${"b".repeat(40)}.midx`;
    for (const name of [
      near,
      `old-${near}`,
      `${near}.tmp`,
      "multi-pack-index-.midx",
      "multi-pack-index-x.midx",
    ])
      writeFileSync(`${layers}/${name}`, "");
    writeFileSync(`${layers}/multi-pack-index-chain`, `${id}\nno id\n`);
    expect(listMidxLayers(uncachedReader, objects)).toEqual([`${layers}/${near}`, layer()]);
    rmSync(layers, { recursive: true });
    expect(listMidxLayers(uncachedReader, objects)).toEqual([]);
  });

  test("are not read from a chain that is far longer than git's", () => {
    writeFileSync(`${layers}/multi-pack-index-chain`, `${id}\n`.repeat(2_000));
    expect(listMidxLayers(uncachedReader, objects)).toEqual([]);
  });

  test("are moved away with the other files that git makes again", () => {
    expect(lookupCachePaths(objects)).toEqual([
      `${objects}/info/commit-graph`,
      `${objects}/info/commit-graphs`,
      `${objects}/pack/multi-pack-index`,
      layers,
    ]);
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

  test("asks for no other git if the host's is not known, or if something else is in its place", () => {
    put(emptyMidx(2));
    expect(describeNewerMidx(uncachedReader, objects, 20, () => undefined)).toBeUndefined();
    rmSync(`${objects}/pack/multi-pack-index`);
    mkdirSync(`${objects}/pack/multi-pack-index`);
    expect(newerFor(2, 39)).toBeUndefined();
  });
});

describe("a commit-graph", () => {
  const faultOf = (content: Buffer): string | undefined => {
    writeFileSync(`${objects}/graph`, content);
    return findChunkFileFault(uncachedReader, `${objects}/graph`, "commit_graph", 20);
  };

  test("is sound with chunks that fill it", () => {
    expect(faultOf(aGraph([]))).toBeUndefined();
    expect(faultOf(aGraph([5, 300]))).toBeUndefined();
  });

  test("is not hashed if it is large", () => {
    const unhashed = (bytes: number): Buffer =>
      Buffer.concat([aGraph([bytes]).subarray(0, -20), Buffer.alloc(20)]);
    expect(faultOf(unhashed(5))).toBe("a checksum that does not match");
    expect(faultOf(unhashed(1024 * 1024))).toBeUndefined();
  });

  const other = aGraph([5]);
  other.write("MIDX", "latin1");
  test.each([
    ["of another kind", other, "no signature"],
    ["cut in its header", aGraph([5]).subarray(0, 39), "39 bytes"],
    ["cut in its table", aGraph([5, 300, 7, 9]).subarray(0, 50), "50 bytes"],
    ["cut in its chunks", aGraph([5, 300]).subarray(0, -1), "368 bytes of 369"],
  ])("is a fault %s", (_, content, found) => {
    expect(faultOf(content)).toBe(found);
  });

  test("is a fault if it is no file, and none if it is not there", () => {
    const look = (name: string) =>
      findChunkFileFault(uncachedReader, `${objects}/${name}`, "commit_graph", 20);
    symlinkSync("pack", `${objects}/link`);
    expect(["gone", "pack", "link"].map(look)).toEqual([undefined, "a special file", "ELOOP"]);
  });
});

/** A header, a row for each chunk, the row that ends the table, chunks of such lengths, and the checksum. */
function aGraph(chunkBytes: readonly number[]): Buffer {
  const rows = Buffer.alloc((chunkBytes.length + 1) * 12);
  let at = 8 + rows.length;
  for (const [index, bytes] of [...chunkBytes, 0].entries()) {
    rows.writeBigUInt64BE(BigInt(at), index * 12 + 4);
    at += bytes;
  }
  const header = Buffer.from([0x43, 0x47, 0x50, 0x48, 1, 1, chunkBytes.length, 0]);
  const content = Buffer.concat([header, rows, ...chunkBytes.map((bytes) => Buffer.alloc(bytes, 1))]);
  return Buffer.concat([content, createHash("sha1").update(content).digest()]);
}
