import { expect, test } from "vitest";
import { ObjectStore } from "../../../src/git/objects/object-store.ts";
import { uncachedReader } from "../../../src/platform/slot-reader.ts";
import { aFolder, anId } from "../a-folder.ts";
import { aPackIndex } from "../packs/a-pack-index.ts";

const packed = [anId(1), anId("abc")];
const loose = anId(2);

/** A store with a pack, an index that has no pack, and a loose object. */
function aStore(): ObjectStore {
  const index = aPackIndex(packed.map((objectId, place) => ({ objectId, offset: 12 + place })));
  const orphan = aPackIndex([{ objectId: anId(3), offset: 12 }]);
  const files = { "pack/pack-1.idx": index, "pack/pack-1.pack": "", "pack/pack-2.idx": orphan };
  return new ObjectStore(aFolder({ ...files, [`${loose.slice(0, 2)}/${loose.slice(2)}`]: "content" }), 20);
}

test("of many objects, those are told that no pack with its index has, loose ones too", () => {
  const store = aStore();
  expect(store.listUnpacked(uncachedReader, [])).toEqual([]);
  expect(store.listUnpacked(uncachedReader, packed)).toEqual([]);
  const others = [loose, anId(3), anId(4)];
  expect(store.listUnpacked(uncachedReader, [anId(1), ...others, anId("abc")])).toEqual(others);
});

test("an id of another length hides no other one", () => {
  const ids = [anId(4), "1".repeat(64), anId(1)];
  expect(aStore().listUnpacked(uncachedReader, ids)).toEqual(
    expect.arrayContaining([anId(4), "1".repeat(64)]),
  );
});
