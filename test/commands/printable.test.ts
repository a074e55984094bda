import fc from "fast-check";
import { expect, test } from "vitest";
import { printable, printableJson } from "../../src/commands/terminal/printable.ts";

const texts = fc.string({ unit: "binary" });
const obeyedByTerminals = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

test("a terminal obeys nothing of a text, and what it shows alone stays", () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(printable(text)).not.toMatch(obeyedByTerminals);
      expect(printable(printable(text))).toBe(printable(text));
    }),
  );
  expect(printable("two\nlines, café 😀")).toBe("two\\u{a}lines, café 😀");
});

test("JSON for a terminal means what it was, and a terminal obeys nothing of it but line ends", () => {
  fc.assert(
    fc.property(fc.dictionary(texts, texts, { noNullPrototype: true }), (value) => {
      const json = printableJson(value);
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(json.replaceAll("\n", "")).not.toMatch(obeyedByTerminals);
    }),
  );
});
