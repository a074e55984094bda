import {
  copyFileSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  closeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ObjectStore } from "../../src/git/objects/object-store.ts";
import { PackIndex } from "../../src/git/packs/pack-index.ts";
import { identifyLinkedPack, SharedPacks } from "../../src/git/packs/shared-packs.ts";
import { git } from "../kit/real-pool.ts";
import { uncachedReader } from "../../src/platform/slot-reader.ts";

let directory: string;
let tip: string;
let packs: SharedPacks;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "packs-"));
  const seed = join(directory, "seed");
  git(directory, "init", "-q", seed);
  writeFileSync(join(seed, "file.txt"), "text\n");
  git(seed, "add", ".");
  git(seed, "commit", "-q", "-m", "first");
  git(seed, "repack", "-a", "-d", "-q");
  tip = git(seed, "rev-parse", "HEAD").trim();
  for (const name of ["one", "two"]) git(directory, "clone", "-q", "--bare", "--local", "seed", name);
  packs = new SharedPacks();
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function storeOf(name: string): ObjectStore {
  return new ObjectStore(join(directory, name, "objects"), 20, packs);
}

/** The path of a repository's only pack without its extension. */
function packOf(name: string): string {
  const folder = join(directory, name, "objects", "pack");
  const pack = readdirSync(folder).find((file) => file.endsWith(".pack")) ?? "";
  return join(folder, pack.slice(0, -".pack".length));
}

function damageEnd(path: string): void {
  const descriptor = openSync(path, "r+");
  writeSync(descriptor, "damaged", statSync(path).size - 7);
  closeSync(descriptor);
}

test("a pack that two repositories link is read once, and serves both", () => {
  for (const name of ["one", "two"]) {
    expect(storeOf(name).check(uncachedReader)).toEqual({ faults: [], unread: [] });
    const reading = storeOf(name).read(uncachedReader, tip);
    expect(reading).toMatchObject({ kind: "object", object: { type: "commit" } });
  }
  const ofOne = packs.find(identifyLinkedPack(uncachedReader, packOf("one"), 20) ?? "");
  expect(ofOne).toBeDefined();
  expect(packs.find(identifyLinkedPack(uncachedReader, packOf("two"), 20) ?? "")).toBe(ofOne);
});

test("what was read of a pack is not what is said of a copy of it", () => {
  storeOf("one").check(uncachedReader);
  const copied = `${packOf("two")}.pack`;
  rmSync(copied);
  copyFileSync(`${packOf("one")}.pack`, copied);
  damageEnd(copied);
  expect(identifyLinkedPack(uncachedReader, packOf("two"), 20)).toBeUndefined();
  expect(storeOf("two").check(uncachedReader).faults).toMatchObject([{ kind: "pack_corrupt", path: copied }]);
  expect(storeOf("one").check(uncachedReader).faults).toEqual([]);
});

test("an index with the checksum of a sound one is judged by all of its bytes", () => {
  storeOf("one").check(uncachedReader);
  const copied = `${packOf("two")}.idx`;
  const content = readFileSync(copied);
  content.writeUInt8(content.readUInt8(content.length - 50) ^ 1, content.length - 50);
  rmSync(copied);
  writeFileSync(copied, content);
  expect(storeOf("two").check(uncachedReader).faults).toMatchObject([
    { kind: "pack_index_corrupt", path: copied, found: "a checksum that does not match" },
  ]);
});

test("an object is read of each copy of a pack, be it known of another one", () => {
  expect(storeOf("one").read(uncachedReader, tip).kind).toBe("object");
  const copied = `${packOf("two")}.pack`;
  const content = readFileSync(copied);
  // Behind the header of the first object.
  content.fill(0xff, 14, content.length - 20);
  rmSync(copied);
  writeFileSync(copied, content);
  expect(storeOf("two").read(uncachedReader, tip).kind).not.toBe("object");
});

test.each([
  ["pack", "pack_corrupt"],
  ["idx", "pack_index_corrupt"],
])("a %s that was damaged since it was read is read again", (extension, kind) => {
  storeOf("one").check(uncachedReader);
  damageEnd(`${packOf("one")}.${extension}`);
  expect(storeOf("two").check(uncachedReader).faults).toMatchObject([
    { kind, path: `${packOf("two")}.${extension}` },
  ]);
});

test("a damaged pack that two repositories link is the fault of each, by its own path", () => {
  damageEnd(`${packOf("one")}.pack`);
  for (const name of ["one", "two"])
    expect(storeOf(name).check(uncachedReader).faults).toMatchObject([
      { kind: "pack_corrupt", path: `${packOf(name)}.pack` },
    ]);
});

test("an index of SHA-1 is not taken for one of SHA-256", () => {
  storeOf("one").check(uncachedReader);
  const other = new ObjectStore(join(directory, "two", "objects"), 32, packs);
  expect(other.check(uncachedReader).faults).toMatchObject([{ kind: "pack_index_corrupt" }]);
});

test("only the newest packs are remembered", () => {
  const contents = { index: new PackIndex("", 20), packFault: undefined, objects: new Map() };
  for (let number = 0; number < 1000; number++) packs.remember(`pack ${number}`, contents);
  expect(packs.find("pack 0")).toBeUndefined();
  expect(packs.find("pack 999")).toBe(contents);
});
