import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBytes, decodeLatin1, encodeBytes, encodePath } from "../../src/platform/byte-text.ts";

test("bytes that were read are written again, whatever they are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(encodeBytes(decodeBytes(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
    }),
  );
});

test("bytes that are no UTF-8 become one surrogate each, and the characters between them stay", () => {
  const characters = fc
    .string({ unit: "binary", maxLength: 3 })
    .map((text) => ({ text, bytes: Buffer.from(text) }));
  // None of these begins a character, nor goes on with one that is whole.
  const others = fc
    .oneof(fc.integer({ min: 0x80, max: 0xc1 }), fc.integer({ min: 0xf5, max: 0xff }))
    .map((byte) => ({ text: String.fromCharCode(0xdc00 + byte), bytes: Buffer.of(byte) }));
  fc.assert(
    fc.property(fc.array(fc.oneof(characters, others), { maxLength: 12 }), (parts) => {
      const bytes = Buffer.concat(parts.map((part) => part.bytes));
      expect(decodeBytes(bytes)).toBe(parts.map(({ text }) => text).join(""));
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
  ["a longer form of three bytes", [0xe0, 0x9f, 0xbf], "\udce0\udc9f\udcbf"],
  ["a longer form of four bytes", [0xf0, 0x8f, 0xbf, 0xbf], "\udcf0\udc8f\udcbf\udcbf"],
  ["a character beyond the last one", [0xf4, 0x90, 0x80, 0x80], "\udcf4\udc90\udc80\udc80"],
  ["a character that goes on with a letter", [0xe2, 0x82, 0x41], "\udce2\udc82A"],
  ["a byte that begins none", [0xf5, 0x80, 0x80, 0x80], "\udcf5\udc80\udc80\udc80"],
  ["a replacement character", [0xef, 0xbf, 0xbd, 0xff], "\uFFFD\udcff"],
])("%s becomes text in which no byte is lost", (_, bytes, text) => {
  expect(decodeBytes(Buffer.from(bytes))).toBe(text);
});

test("the first and the last character of each length stay beside bytes that are none", () => {
  const text = "\u0000\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}";
  const bytes = Buffer.concat([Buffer.from(text), Buffer.of(0xff), Buffer.from(text)]);
  expect(decodeBytes(bytes)).toBe(`${text}\udcff${text}`);
  expect(decodeLatin1(bytes.toString("latin1"))).toBe(`${text}\udcff${text}`);
  expect(encodeBytes(`${text}\udcff${text}`)).toEqual(bytes);
});

test("a path of other bytes is given to the system as these bytes, and bytes stay what they are", () => {
  expect(encodePath("c\udce9\udc80x")).toEqual(Buffer.from([0x63, 0xe9, 0x80, 0x78]));
  expect(encodeBytes(Buffer.of(0xe9))).toEqual(Buffer.of(0xe9));
});
