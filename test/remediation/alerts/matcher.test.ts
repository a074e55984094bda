import fc from "fast-check";
import { expect, test } from "vitest";
import { isMatched, matcherLimits, parseMatcher } from "../../../src/remediation/alerts/matcher.ts";
import { aMatcher } from "../fake-remediation.ts";

test.each([
  ['alertname="A"', { alertname: "A" }, true],
  ["alertname=A", { alertname: "A" }, true],
  ['alertname="A"', { alertname: "AB" }, false],
  ['alertname!="A"', {}, true],
  ['pool=""', {}, true],
  ['pool=~"de.*"', { pool: "demo" }, true],
  ['pool=~"em"', { pool: "demo" }, false],
  ['pool!~"de.*"', { pool: "demo" }, false],
  ['pool=~"(?:a|b)+"', { pool: "abab" }, true],
  ['pool=~"(a|b){2}"', { pool: "ab" }, true],
  ['pool=~"(?i)DEMO"', { pool: "demo" }, true],
  ['pool=~"a\\\\-b"', { pool: "a-b" }, true],
  ['path="a\\"b"', { path: 'a"b' }, true],
])("%s against %o is %s", (text, labels, expected) => {
  expect(isMatched(aMatcher(text), new Map(Object.entries(labels)))).toBe(expected);
});

test.each(["alertname", 'alertname="A', '="A"', 'pool=~"("', `pool=~"${"a".repeat(257)}"`])(
  "%s is refused",
  (text) => {
    expect(parseMatcher(text).kind).toBe("invalid");
  },
);

test("a value too long for a regular expression satisfies neither =~ nor !~", () => {
  const labels = new Map([["pool", "a".repeat(matcherLimits.matchedLength + 1)]]);
  expect(["=~", "!~"].map((operator) => isMatched(aMatcher(`pool${operator}"a*"`), labels))).toEqual([
    false,
    false,
  ]);
});

test("a quoted value matches itself and nothing else, whatever it holds", () => {
  const values = fc.string({ unit: fc.constantFrom(...'a"\\\n ={},é'.split("")), maxLength: 8 });
  fc.assert(
    fc.property(values, values, (value, other) => {
      const quoted = value.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n");
      const matcher = aMatcher(`pool="${quoted}"`);
      expect(isMatched(matcher, new Map([["pool", value]]))).toBe(true);
      expect(isMatched(matcher, new Map([["pool", other]]))).toBe(other === value);
    }),
  );
});

test.each([
  ['pool=~"a.b"', "a\nb", true],
  ['pool=~"(?i)a.b"', "A\nB", true],
  ['pool=~"demo"', "DEMO", false],
  ['pool!="demo"', "demo", false],
  ['pool!="demo"', "other", true],
  ['  pool  =  "demo"  ', "demo", true],
  ["pool=~a*", "a".repeat(1024), true],
])("%s against %j is %s", (text, pool, expected) => {
  expect(isMatched(aMatcher(text), new Map([["pool", pool]]))).toBe(expected);
});

test.each([
  ["alertname", 'expected label="value"'],
  ["1pool=a", 'expected label="value"'],
  ['pool="a"b', "the value's quotes or escapes are not closed"],
  ['pool=x"a"', "the value's quotes or escapes are not closed"],
  ['pool=~"("', "the regular expression cannot be read"],
  [`pool=~${"a".repeat(257)}`, "the regular expression is longer than 256 characters"],
])("%s is refused, and the detail says why", (text, detail) => {
  expect(parseMatcher(text)).toEqual({ kind: "invalid", detail });
});

test("a matcher that is read says so, and a pattern of the greatest length is read", () => {
  expect(parseMatcher(`pool=~${"a".repeat(256)}`).kind).toBe("valid");
  expect(parseMatcher("pool!=a")).toEqual({
    kind: "valid",
    matcher: { label: "pool", operator: "!=", value: "a", pattern: undefined },
  });
});
