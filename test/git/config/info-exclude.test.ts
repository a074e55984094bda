import fc from "fast-check";
import { expect, test } from "vitest";
import { withExcludePattern } from "../../../src/git/config/info-exclude.ts";

const patternOf = (content: string | Buffer): string | undefined =>
  withExcludePattern(Buffer.from(content), "/slot.json")?.toString("latin1");

test.each([
  ["", "/slot.json\n"],
  ["# comment\n*.log\n", "# comment\n*.log\n/slot.json\n"],
  ["*.log", "*.log\n/slot.json\n"],
  ["!/slot.json\n", "!/slot.json\n/slot.json\n"],
  ["# /slot.json\n", "# /slot.json\n/slot.json\n"],
])("a file of %j gets the pattern on a line of its own", (content, expected) => {
  expect(patternOf(content)).toBe(expected);
});

test.each(["/slot.json\n", "*.log\n/slot.json", "/slot.json\r\n*.log\r\n"])(
  "a file of %j has it already",
  (content) => {
    expect(patternOf(content)).toBeUndefined();
  },
);

test("bytes that are no UTF-8 stay as they are", () => {
  const content = Buffer.from([0xff, 0xfe, 0x0a]);
  expect(patternOf(content)).toBe("\xff\xfe\n/slot.json\n");
});

test("a pattern is added once, behind everything that was there", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
      const content = Buffer.from(bytes);
      const once = withExcludePattern(content, "/slot.json") ?? content;
      expect(once.subarray(0, content.length)).toEqual(content);
      expect(withExcludePattern(once, "/slot.json")).toBeUndefined();
    }),
  );
});
