import fc from "fast-check";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  formatAlternates,
  parseAlternates,
  readAlternates,
  readLivingAlternates,
} from "../../../src/git/objects/alternates.ts";
import { aFolder } from "../a-folder.ts";
import { uncachedReader } from "../../../src/platform/slot-reader.ts";

const paths = fc
  .string({ unit: fc.constantFrom(...'/a#"\\\n\r\u2028 é'.split("")), minLength: 1, maxLength: 12 })
  .map((text) => `/${text}`);

test("what is written is read again, whatever is in the paths", () => {
  fc.assert(
    fc.property(fc.array(paths), (directories) => {
      expect(parseAlternates(Buffer.from(formatAlternates(directories)))).toEqual(directories);
    }),
  );
  expect(parseAlternates(Buffer.from(formatAlternates(["#a", '"b"'])))).toEqual(["#a", '"b"']);
});

test("nothing behind a NUL byte is read", () => {
  expect(parseAlternates(Buffer.from("/a\n\0\0\0\n/b\n"))).toEqual(["/a"]);
});

test("comments and empty lines name nothing, and a quoted line is read byte by byte", () => {
  expect(parseAlternates(Buffer.from('# x\n\n/a\n"/caf\\303\\251\\t"\n'))).toEqual(["/a", "/café\t"]);
});

describe("the stores that one borrows from", () => {
  test("are followed through their own alternates, relative ones from each store, and each once", () => {
    const root = aFolder({
      "one/info/alternates": "../two\n",
      "two/info/alternates": "../three\n../one\n",
      "three/pack/x": "",
    });
    expect(readAlternates(uncachedReader, join(root, "one"))).toEqual({
      directories: [join(root, "two"), join(root, "three"), join(root, "one")],
      faults: [],
    });
  });

  test("are told if they are gone", () => {
    const root = aFolder({ "one/info/alternates": "/nowhere/objects\n" });
    expect(readAlternates(uncachedReader, join(root, "one"))).toEqual({
      directories: [],
      faults: [{ path: join(root, "one/info/alternates"), found: '"/nowhere/objects"', isFile: true }],
    });
  });

  test("are only those that may be followed", () => {
    const root = aFolder({
      "one/info/alternates": "../two\n../three\n",
      "two/info/alternates": "../four\n",
      "three/x": "",
      "four/x": "",
    });
    const mayFollow = (directory: string): boolean => !directory.endsWith("two");
    expect(readAlternates(uncachedReader, join(root, "one"), { mayFollow }).directories).toEqual([
      join(root, "three"),
    ]);
  });
});

describe("the file without what is gone", () => {
  test("keeps the lines as they were", () => {
    const root = aFolder({ "one/info/alternates": "../two\n/nowhere\n", "two/x": "" });
    expect(readLivingAlternates(join(root, "one"))).toBe("../two\n");
  });

  test("is empty if nothing is left, or something else is in its place", () => {
    const root = aFolder({ "one/info/alternates": "/nowhere\n" });
    expect(readLivingAlternates(join(root, "one"))).toBe("");
    mkdirSync(join(root, "two/info/alternates"), { recursive: true });
    expect(readLivingAlternates(join(root, "two"))).toBe("");
  });

  test("is left alone if each store is there, or if there is none", () => {
    const root = aFolder({ "one/info/alternates": "../two\n", "two/x": "" });
    expect(readLivingAlternates(join(root, "one"))).toBeUndefined();
    expect(readLivingAlternates(join(root, "two"))).toBeUndefined();
  });
});
