import fc from "fast-check";
import { expect, test } from "vitest";
import { sortTreeEntries } from "../../src/salvage/save/tree-entries.ts";

function sort(...names: string[]): { plain: string[]; odd: string[] } {
  const entries = names.map((name, index) => ({
    mode: "100644",
    objectId: String(index),
    path: Buffer.from(name, "latin1"),
  }));
  const { plain, odd } = sortTreeEntries(entries);
  return {
    plain: plain.map(({ path }) => path.toString("latin1")),
    odd: odd.map(({ objectId }) => objectId),
  };
}

test.each(["./", "/a", "a//b", "a/", ".", "..", "a/../b", "a/./b", ".git/x", "a/.GIT", ""])(
  "an entry named %j cannot be in a tree, and those beside it can",
  (name) => {
    expect(sort("a.txt", name, "b/c.txt")).toEqual({ plain: ["a.txt", "b/c.txt"], odd: ["1"] });
  },
);

test.each(["a", "a b", "a\n", "\xff", "..a", ".gitignore", "a/.github/b"])(
  "an entry named %j can",
  (name) => {
    expect(sort(name)).toEqual({ plain: [name], odd: [] });
  },
);

test("of a file that is below another one, and of a name that is there twice, both contents are kept", () => {
  expect(sort("a", "a/b", "c", "c")).toEqual({ plain: ["a/b", "c"], odd: ["0", "3"] });
});

test.each(["100644", "100755", "120000", "160000", "040000"])("the mode %s stays", (mode) => {
  const entry = { mode, objectId: "0", path: Buffer.from("a") };
  expect(sortTreeEntries([entry])).toEqual({ plain: [entry], odd: [] });
});

test("a mode that a tree cannot have becomes that of a file", () => {
  const entry = { mode: "100664", objectId: "0", path: Buffer.from("a") };
  expect(sortTreeEntries([entry]).plain).toEqual([{ ...entry, mode: "100644" }]);
});

test("no entry is left out, and a tree can hold the plain ones", () => {
  const parts = fc.constantFrom("a", "b", ".", "..", "", ".git", ".GIT", "\xff");
  const names = fc.array(
    fc.array(parts, { minLength: 1, maxLength: 3 }).map((all) => all.join("/")),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(names, (all) => {
      const { plain, odd } = sort(...all);
      expect(plain.length + odd.length).toBe(all.length);
      expect(new Set(plain).size).toBe(plain.length);
      expect(plain.some((name) => plain.some((other) => other.startsWith(`${name}/`)))).toBe(false);
      expect(
        plain
          .flatMap((name) => name.split("/"))
          .some((part) => ["", ".", "..", ".git"].includes(part.toLowerCase())),
      ).toBe(false);
    }),
  );
});
