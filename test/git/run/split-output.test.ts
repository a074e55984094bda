import fc from "fast-check";
import { expect, test } from "vitest";
import { byAttribute, byEntry, byLine } from "../../../src/git/run/split-output.ts";

test.each([
  ["lines", byLine, "\n"],
  ["entries", byEntry, "\0"],
])(
  "%s are whole wherever the output was cut, and what has no end is not delivered",
  (_, cutter, separator) => {
    const text = fc.string({ unit: fc.constantFrom("a", "é", "\n", "\0") });
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 40 }), { maxLength: 4 }), (output, cuts) => {
        const bytes = Buffer.from(output);
        const parts: string[] = [];
        const onChunk = cutter((part) => parts.push(part));
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        for (const [index, start] of places.slice(0, -1).entries())
          onChunk(bytes.subarray(start, places[index + 1]));
        expect(parts).toEqual(bytes.toString("latin1").split(separator).slice(0, -1));
      }),
    );
  },
);

test("the values of an attribute come with their paths, wherever the output is cut", () => {
  const output = Buffer.from("a b\0filter\0lfs\0c\nd\0filter\0unspecified\0");
  for (let cut = 0; cut <= output.length; cut++) {
    const found: string[][] = [];
    const read = byAttribute((value, path) => found.push([value, path]));
    read(output.subarray(0, cut));
    read(output.subarray(cut));
    expect(found).toEqual([
      ["lfs", "a b"],
      ["unspecified", "c\nd"],
    ]);
  }
});
