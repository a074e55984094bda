import fc from "fast-check";
import { expect, test } from "vitest";
import { byEntry, byLine } from "../../../src/git/run/split-output.ts";

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
