import fc from "fast-check";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import {
  findLostObjects,
  looseIds,
  looseObjectPath,
  readLooseObject,
} from "../../../src/git/objects/loose-object.ts";
import {
  frameObject,
  hashFramed,
  hashLooseObject,
  writeLooseObject,
} from "../../../src/git/objects/whole-object.ts";
import { aFolder, anId } from "../a-folder.ts";
import { uncachedReader } from "../../../src/platform/slot-reader.ts";

test("git's own example has git's own id", () => {
  expect(hashFramed(frameObject("blob", Buffer.from("test content\n")), 20)).toBe(
    "d670460b4b4aece5915caf5c68d12f560a9fe3e4",
  );
});

test("what is written is read again, and hashes to its name", async () => {
  const objects = aFolder();
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 500 }),
      fc.constantFrom(20 as const, 32 as const),
      async (bytes, idBytes) => {
        const content = Buffer.from(bytes);
        const framed = frameObject("blob", content);
        const objectId = hashFramed(framed, idBytes);
        writeLooseObject(objects, objectId, framed);
        const path = looseObjectPath(objects, objectId);
        expect(readLooseObject(uncachedReader, path)).toEqual({
          kind: "object",
          object: { type: "blob", content },
        });
        expect(await hashLooseObject(path, idBytes)).toBe(objectId);
        expect([...looseIds(uncachedReader, objects)]).toContain(objectId);
      },
    ),
    { numRuns: 30 },
  );
});

test("an object that is there already is not written over", () => {
  const objects = aFolder();
  const path = looseObjectPath(objects, anId(1));
  mkdirSync(dirname(path));
  writeFileSync(path, "other");
  writeLooseObject(objects, anId(1), frameObject("blob", Buffer.from("x")));
  expect(readFileSync(path, "utf8")).toBe("other");
});

test("a flipped bit, a cut and a link are no object", async () => {
  const objects = aFolder();
  const framed = frameObject("blob", Buffer.from("content ".repeat(100)));
  const objectId = hashFramed(framed, 20);
  writeLooseObject(objects, objectId, framed);
  const sound = readFileSync(looseObjectPath(objects, objectId));
  const place = (name: string, content: Buffer): string => {
    writeFileSync(join(objects, name), content);
    return join(objects, name);
  };
  const cut = place("cut", sound.subarray(0, -3));
  expect(readLooseObject(uncachedReader, cut)).toMatchObject({
    kind: "corrupt",
    found: "data that is no object",
  });
  expect(await hashLooseObject(cut, 20)).toBeUndefined();
  expect(readLooseObject(uncachedReader, place("empty", Buffer.alloc(0)))).toMatchObject({
    found: "an empty file",
  });
  symlinkSync(looseObjectPath(objects, objectId), join(objects, "link"));
  expect(readLooseObject(uncachedReader, join(objects, "link"))).toMatchObject({
    kind: "corrupt",
    found: "a link",
  });
  expect(await hashLooseObject(join(objects, "link"), 20)).toBeUndefined();
  expect(readLooseObject(uncachedReader, join(objects, "nothing"))).toEqual({ kind: "missing" });
});

test("only names of objects count, and no folder behind a link is looked into", () => {
  const other = aFolder({ [anId(2).slice(2)]: "x" });
  const objects = aFolder({ [`10/${anId(1).slice(2)}`]: "x", "10/tmp_obj_x": "x", "pack/y": "" });
  symlinkSync(other, join(objects, "20"));
  expect([...looseIds(uncachedReader, objects)]).toEqual([anId(1)]);
  expect([...looseIds(uncachedReader, join(objects, "nothing"))]).toEqual([]);
});

test("places of objects that hold none are told", () => {
  const objects = aFolder({ [`10/${anId(1).slice(2)}`]: "", [`10/${"c".repeat(38)}`]: "x" });
  mkdirSync(join(objects, "10", "b".repeat(38)));
  const { lost, unread } = findLostObjects(uncachedReader, objects, ["10"]);
  expect(lost.map(({ found }) => found).sort()).toEqual(["a directory", "an empty file"]);
  expect(unread).toEqual([]);
});
