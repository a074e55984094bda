import { describe, expect, test } from "vitest";
import { ExactNumber, formatRecord, parseRecordText } from "../../../src/pool/records/record-text.ts";

describe("what Python writes and JavaScript cannot hold", () => {
  test.each([
    ["a long whole number", "12345678901234567890"],
    ["a negative one", "-9007199254740993"],
    ["NaN", "NaN"],
    ["Infinity", "Infinity"],
    ["negative infinity", "-Infinity"],
  ])("%s stays as it is", (_, number) => {
    const text = `{\n  "metadata": {\n    "value": ${number}\n  }\n}\n`;
    const read = parseRecordText(text) as Record<string, unknown>;
    expect(read).toEqual({ metadata: { value: new ExactNumber(number) } });
    expect(formatRecord(read)).toBe(text);
  });

  test("is told as the nearest number, or as null, wherever it is shown", () => {
    const shown = JSON.stringify(parseRecordText('{"one": 9007199254740993, "two": NaN}'));
    expect(JSON.parse(shown)).toEqual({ one: 9007199254740992, two: null });
  });
});

test("other numbers are numbers, and texts are texts", () => {
  const fields = {
    ...{ whole: 3, fraction: 0.12345678901234568, large: 1e300, most: Number.MAX_SAFE_INTEGER },
    ...{ name: 'NaN "12345678901234567890" \\', NaN: "Infinity", list: [1, "2", null] },
  };
  expect(parseRecordText(JSON.stringify(fields))).toEqual(fields);
  expect(formatRecord(fields)).toBe(`${JSON.stringify(fields, undefined, 2)}\n`);
});

test.each(["", "{", "{NaN: 1}", '{"a": -NaN}', '{"a": 012345678901234567890}', '{"a": NaN "b"}', "nan"])(
  "%j is no JSON",
  (text) => {
    expect(() => parseRecordText(text)).toThrow(SyntaxError);
  },
);
