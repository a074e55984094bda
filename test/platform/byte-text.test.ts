import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBytes, encodeBytes, encodePath } from "../../src/platform/byte-text.ts";

test("bytes that were read are written again, whatever they are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(encodeBytes(decodeBytes(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
    }),
  );
});

test("text that is UTF-8 stays as it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(decodeBytes(Buffer.from(text))).toBe(text);
      expect(encodePath(text)).toBe(text);
    }),
  );
});

test.each([
  ["latin1", [0x63, 0xe9], "c\udce9"],
  ["a character cut short", [0xf0, 0x9f, 0x98], "\udcf0\udc9f\udc98"],
  ["a longer form than needed", [0xc0, 0xaf], "\udcc0\udcaf"],
  ["a surrogate", [0xed, 0xb3, 0xa9], "\udced\udcb3\udca9"],
  ["a replacement character", [0xef, 0xbf, 0xbd, 0xff], "\uFFFD\udcff"],
])("%s becomes text in which no byte is lost", (_, bytes, text) => {
  expect(decodeBytes(Buffer.from(bytes))).toBe(text);
});
